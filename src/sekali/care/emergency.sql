-- name: open
-- A record opened in an emergency.
insert into care.emergency (id, citizen, facility, actor, actor_name, role, reason, opened_at, ends_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: mine
-- What somebody has opened and may still see.
select e.*, f.name as facility_name from care.emergency e join care.facility f on f.id = e.facility
where e.actor = $1 and e.ends_at > $2 order by e.opened_at desc limit 50

-- name: one
-- One of them.
select e.*, f.name as facility_name from care.emergency e join care.facility f on f.id = e.facility where e.id = $1

-- name: finish
-- The end of one, before its time.
update care.emergency set ends_at = $3 where id = $1 and actor = $2 and ends_at > $3

-- name: of_facility
-- For a facility's head: those nobody has looked into first, the longest waiting first; and whether the person came.
select e.*, f.name as facility_name, (
  select min(v.arrived_at) from care.visit v where v.citizen = e.citizen and v.facility = e.facility
  and v.arrived_at between e.opened_at - interval '1 day' and e.opened_at + interval '1 day'
) as visited_at
from care.emergency e join care.facility f on f.id = e.facility where e.facility = $1
order by e.verdict <> '', case when e.verdict = '' then e.opened_at end, e.opened_at desc limit 200

-- name: escalated
-- For the auditor: those of all facilities that nobody has looked into in time.
select e.*, f.name as facility_name from care.emergency e join care.facility f on f.id = e.facility
where e.verdict = '' and e.opened_at < $1 order by e.opened_at limit 200

-- name: of_citizen
-- Who opened a person's record in an emergency.
select e.*, f.name as facility_name from care.emergency e join care.facility f on f.id = e.facility
where e.citizen = $1 order by e.opened_at desc limit 100

-- name: review
-- The head's verdict, once.
update care.emergency set verdict = $3, note = $4, reviewer = $5, reviewed_at = $6
where id = $1 and facility = $2 and verdict = '' returning citizen
