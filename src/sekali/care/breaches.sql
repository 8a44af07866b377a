-- name: record
-- A breach of data protection, with its clock.
insert into care.duty (id, kind, facility, asked_by, reason, wish, asked_at, due_at)
values ($1, 'breach', $2, $3, $4, $5, $6, $7)

-- name: concern_all
-- It concerns everybody for whom the facility cares, or cared.
insert into care.concerned (duty, citizen) select $1, citizen from care.relation where facility = $2

-- name: concern
-- It concerns these, of those for whom the facility cares, or cared.
insert into care.concerned (duty, citizen)
select $1, citizen from care.relation where facility = $2 and citizen = any($3::uuid[]) on conflict do nothing

-- name: shown
-- One of the facility, or those that concern a person.
select d.*, f.name as facility_name from care.duty d join care.facility f on f.id = d.facility
where d.kind = 'breach'

-- name: count
-- How many it concerns.
select count(*) from care.concerned where duty = $1

-- name: tell
-- What was done and when the notices went out.
update care.duty set wish = $3, outcome = $4, answered_by = $5, answered_name = $6, ended_at = $7
where id = $1 and facility = $2 and kind = 'breach' and ended_at is null returning id
