-- name: conflicts
-- Declared conflicts of interest.
select person, region, reason from program.conflict

-- name: declare
-- A conflict of interest; seats given before are taken back by a new timetable.
insert into program.conflict (person, region, reason) values ($1, $2, $3)
on conflict (person, region) do update set reason = excluded.reason

-- name: scored
-- Whether anybody has scored.
select exists (select from program.sheet where occasion = $1 and part = 'panel')

-- name: clear_slots
-- Before a new timetable.
delete from program.panel_slot where cohort = $1

-- name: clear_seats
-- Before a new timetable.
delete from program.panel_seat where cohort = $1

-- name: add_slot
-- When and where a city presents.
insert into program.panel_slot (cohort, participation, day, block, room, position) values ($1, $2, $3, $4, $5, $6)

-- name: add_seat
-- Who listens there.
insert into program.panel_seat (cohort, day, block, room, person) values ($1, $2, $3, $4, $5)

-- name: slots
-- The timetable.
select participation, day, block, room, position from program.panel_slot where cohort = $1
order by day, block, position, room

-- name: seats
-- Who listens where.
select day, block, room, person from program.panel_seat where cohort = $1 order by person

-- name: ask
-- A second opinion.
insert into program.second_opinion (cohort, participation, person, reason) values ($1, $2, $3, $4) on conflict do nothing

-- name: asked
-- Second opinions of a cohort.
select participation, person, reason from program.second_opinion where cohort = $1

-- name: tasks
-- The cities of one assessor.
select s.participation, s.day, s.block, s.room, s.position, c.year
from program.panel_seat e
join program.panel_slot s on s.cohort = e.cohort and s.day = e.day and s.block = e.block and s.room = e.room
join program.cohort c on c.id = s.cohort where e.person = $1
union all
select o.participation, null, null, null, null, c.year
from program.second_opinion o join program.cohort c on c.id = o.cohort
where o.person = $1 and not exists (  -- a timetable that was made afterwards may have brought them together
  select from program.panel_slot s
  join program.panel_seat e on e.cohort = s.cohort and e.day = s.day and e.block = s.block and e.room = s.room
  where s.participation = o.participation and e.person = $1)
order by 6 desc, 2, 3, 5 limit 600

-- name: closed
-- Whether the ceremony has begun.
select exists (select from program.ceremony where cohort = $1)

-- name: closed_for
-- Whether the ceremony has begun of the cohort that a sheet is about.
select exists (select from program.sheet s join program.ceremony c on c.cohort = s.occasion where s.id = $1)

-- name: minutes
-- What was discussed.
select at, actor_name, text from program.minute where participation = $1 order by id limit 500

-- name: add_minute
-- One more.
insert into program.minute (id, participation, at, actor_name, text) values ($1, $2, $3, $4, $5)
