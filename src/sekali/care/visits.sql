-- name: next_number
-- The next number of a queue's day or a month's letters.
insert into care.counter (facility, name, last) values ($1, $2, 1)
on conflict (facility, name) do update set last = care.counter.last + 1
returning last

-- name: add
-- A new visit.
insert into care.visit (shard, id, facility, department, citizen, name, birth_date, day, number, status, kind, arrived_at,
                        questions, seconds, referral)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'arrived', $10, $11, $12, $13, $14)

-- name: live
-- An open visit of a person today at a facility.
select v.*, f.name as facility_name, d.name as department_name
from care.visit v join care.facility f on f.id = v.facility join care.department d on d.id = v.department
where v.citizen = $1 and v.facility = $2 and v.day = $3 and v.status in ('arrived', 'in-progress')
order by v.arrived_at desc limit 1

-- name: one
-- A visit of a facility.
select v.*, f.name as facility_name, d.name as department_name
from care.visit v join care.facility f on f.id = v.facility join care.department d on d.id = v.department
where v.shard = $1 and v.id = $2 and v.facility = $3

-- name: today
-- A facility's visits of a day, and those of earlier days that were never finished.
select v.*, f.name as facility_name, d.name as department_name
from care.visit v join care.facility f on f.id = v.facility join care.department d on d.id = v.department
where v.facility = $1 and (v.day = $2 or (v.day > $2 - 7 and v.status in ('arrived', 'in-progress')))
order by v.status = 'finished', v.arrived_at limit 500

-- name: recent
-- A facility's visits that are open, or ended since a time.
select v.*, f.name as facility_name, d.name as department_name
from care.visit v join care.facility f on f.id = v.facility join care.department d on d.id = v.department
where v.facility = $1 and (v.status in ('arrived', 'in-progress') or v.finished_at > $2)
order by v.arrived_at desc limit 500

-- name: move
-- A visit's next status, if it still has the one expected.
update care.visit set status = $3, started_at = coalesce(started_at, $4), finished_at = $5
where shard = $1 and id = $2 and status = any($6::text[])
