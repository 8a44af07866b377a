-- name: begin
-- Something that a facility has to do.
insert into care.duty (id, kind, facility, citizen, asked_by, reason, wish, look, asked_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)

-- name: waiting
-- How many of a citizen's requests wait.
select count(*) from care.duty where citizen = $1 and ended_at is null

-- name: overdue
-- How many of a facility's are past their time.
select count(*) from care.duty where facility = $1 and kind = any($2) and ended_at is null and due_at < $3

-- name: shown
-- What every list shows.
select d.*, f.name as facility_name from care.duty d join care.facility f on f.id = d.facility

-- name: finish
-- What came of it, once.
update care.duty set outcome = $3, ground = $4, answer = $5, answered_by = $6, answered_name = $7, ended_at = $8
where id = $1 and facility = $2 and ended_at is null returning citizen

-- name: reword
-- What is asked for, as it stands by the time of the answer.
update care.duty set wish = $2 where id = $1

-- name: withdraw
-- Taken back by who asked.
update care.duty set outcome = 'withdrawn', ended_at = $3 where id = $1 and citizen = $2 and ended_at is null returning facility

-- name: places
-- The facilities that care, or cared, for a person.
select facility from care.relation where citizen = $1
