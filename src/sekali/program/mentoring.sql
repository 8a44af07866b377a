-- name: people
-- Mentors and assessors.
select id, role, name, institution, phone, home, dimensions, most, active from program.person
where $1::text is null or role = $1 order by name limit 2000

-- name: person
-- One of them.
select id, role, name, institution, phone, home, dimensions, most, active from program.person where id = $1

-- name: keep_person
-- New or changed.
insert into program.person (id, role, name, institution, phone, home, dimensions, most, active)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
on conflict (id) do update set name = excluded.name, institution = excluded.institution, phone = excluded.phone,
  home = excluded.home, dimensions = excluded.dimensions, most = excluded.most, active = excluded.active

-- name: lock
-- One change after the other of what a region keeps here.
select from program.participation where id = $1 for no key update

-- name: dismiss
-- Before the mentors of a region are written anew.
delete from program.mentor where participation = $1

-- name: appoint
-- A mentor of a region.
insert into program.mentor (participation, person) select $1, id from program.person where id = $2 and role = 'mentor'

-- name: mentors
-- Who mentors whom in a cohort.
select m.participation, e.id, e.role, e.name, e.institution, e.phone, e.home, e.dimensions, e.most, e.active
from program.mentor m join program.participation p on p.id = m.participation join program.person e on e.id = m.person
where p.cohort = $1 order by e.name

-- name: mentored
-- The regions of a mentor.
select m.participation from program.mentor m join program.participation p on p.id = m.participation
where m.person = $1 order by m.participation desc limit 200

-- name: meetings
-- Bimtek of a region.
select number, starts, ends, place, people, note from program.meeting where participation = $1 order by number

-- name: meeting_ends
-- When each bimtek ended.
select participation, number, ends from program.meeting where participation = any($1::uuid[])

-- name: keep_meeting
-- Planned, or held.
insert into program.meeting (participation, number, starts, ends, place, people, note) values ($1, $2, $3, $4, $5, $6, $7)
on conflict (participation, number) do update set starts = excluded.starts, ends = excluded.ends, place = excluded.place,
  people = excluded.people, note = excluded.note

-- name: hand_ins
-- The newest version of each output.
select distinct on (participation, key) participation, key, version, at, actor_name, note, evidence, plan_version
from program.output where participation = any($1::uuid[]) order by participation, key, version desc

-- name: has_file
-- Whether a file is a region's own.
select exists (select from program.evidence where region = $1 and id = $2)

-- name: has_plan
-- Whether a region's masterplan has a version.
select exists (select from program.plan_version where region = $1 and version = $2)

-- name: hand_in
-- The next version of an output.
insert into program.output (participation, key, version, at, actor_name, note, evidence, plan_version)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4, $5, $6, $7 from program.output where participation = $1 and key = $2

-- name: reviews
-- What was said.
select participation, about, version, at, actor_name, verdict, text from program.review
where participation = any($1::uuid[]) order by id

-- name: add_review
-- One more word about a version that is there.
insert into program.review (id, participation, about, version, at, actor_name, verdict, text)
select $1, participation, key, version, $5, $6, $7, $8 from program.output
where participation = $2 and key = $3 and version = $4

-- name: commitment
-- The text that is signed.
select text, plan_version, at from program.commitment where participation = $1

-- name: commit
-- The text, anew.
insert into program.commitment (participation, text, plan_version, at) values ($1, $2, $3, $4)
on conflict (participation) do update set text = excluded.text, plan_version = excluded.plan_version, at = excluded.at

-- name: clear_signatures
-- A changed text is signed anew.
delete from program.signature where participation = $1

-- name: sign
-- One office signs.
insert into program.signature (participation, office, name, at)
select $1, $2, $3, $4 where exists (select from program.commitment where participation = $1)

-- name: signatures
-- Who signed.
select office, name, at from program.signature where participation = $1 order by at, office

-- name: signatures_count
-- How many signed.
select count(*) from program.signature where participation = $1
