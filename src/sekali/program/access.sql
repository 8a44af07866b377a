-- name: mentors
-- Whether a person mentors a region.
select exists (
  select from program.mentor m join program.participation p on p.id = m.participation
  where m.person = $1 and p.region = $2)

-- name: judge
-- Whether a person may judge a region at all: an active assessor without a conflict of interest.
select exists (select from program.person where id = $1 and role = 'assessor' and active and home is distinct from $2)
  and not exists (select from program.conflict where person = $1 and region = $2)

-- name: examine
-- Who examines whom on an occasion.
insert into program.examiner (occasion, region, person) values ($1, $2, $3) on conflict do nothing

-- name: examined
-- The regions that a person examines: occasion, region.
select occasion, region from program.examiner where person = $1 order by occasion desc, region limit 600

-- name: examiners
-- Who examines on an occasion: region, person.
select region, person from program.examiner where occasion = $1

-- name: judges
-- Whether an assessor was assigned to a region (on an occasion, or on any), and whether a conflict of interest forbids it.
select
  exists (
    select from program.panel_seat e
    join program.panel_slot s on s.cohort = e.cohort and s.day = e.day and s.block = e.block and s.room = e.room
    join program.participation p on p.id = s.participation
    where e.person = $1 and p.region = $2 and ($3::uuid is null or p.cohort = $3))
  or exists (
    select from program.second_opinion o join program.participation p on p.id = o.participation
    where o.person = $1 and p.region = $2 and ($3::uuid is null or p.cohort = $3))
  or exists (select from program.examiner where person = $1 and region = $2 and ($3::uuid is null or occasion = $3)) as assigned,
  exists (select from program.conflict where person = $1 and region = $2)
  or exists (select from program.person where id = $1 and home = $2) as conflict
