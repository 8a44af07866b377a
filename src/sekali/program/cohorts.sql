-- name: cohorts
-- Every cohort.
select id, slug, year, name, target, rehearsal, settings, published_at, version from program.cohort
order by rehearsal, year desc limit 200

-- name: cohort
-- One cohort.
select id, slug, year, name, target, rehearsal, settings, published_at, version from program.cohort where id = $1

-- name: cohort_by_slug
-- One cohort by its name in an address.
select id, slug, year, name, target, rehearsal, settings, published_at, version from program.cohort where slug = $1

-- name: stages
-- Stages of a cohort.
select position, name, starts, ends, place, note, source from program.stage where cohort = $1 order by position

-- name: figures
-- Published figures of a cohort.
select name, value, source, note, year from program.figure where cohort = $1 order by name, id

-- name: figures_of_region
-- Published figures of a region.
select name, value, source, note, year from program.figure where region = $1 order by year, name, id

-- name: participations
-- Of a cohort, a region, or all.
select p.id, cohort, region, state, certain, counted, note, contact_name, contact_phone, decision, p.version
from program.participation p join program.cohort c on c.id = p.cohort
where ($1::uuid is null or cohort = $1) and ($2::uuid is null or region = $2)
order by c.year, p.id limit 5000

-- name: participation
-- One region's part in one cohort.
select id, cohort, region, state, certain, counted, note, contact_name, contact_phone, decision, version
from program.participation where id = $1

-- name: newest_participation
-- Where a region's team works now.
select p.id, cohort, region, state, certain, counted, note, contact_name, contact_phone, decision, p.version
from program.participation p join program.cohort c on c.id = p.cohort
where region = $1 order by (state = any($2::text[])) desc, c.year desc, p.id desc limit 1

-- name: steps
-- A region's way.
select at, state, reason, actor_name from program.participation_event where participation = $1 order by at, id limit 500

-- name: counted
-- Each place that counts towards the hundred.
select c.year, p.region, p.certain from program.participation p join program.cohort c on c.id = p.cohort
where not c.rehearsal and p.counted and p.state = any($1::text[])

-- name: add_cohort
-- A new cohort.
insert into program.cohort (id, slug, year, name, target, rehearsal) values ($1, $2, $3, $4, $5, $6)

-- name: configure
-- New settings, if nobody else was faster.
update program.cohort set settings = $2::jsonb, version = version + 1 where id = $1 and version = $3

-- name: scored
-- Whether anybody has scored in these parts of an occasion.
select exists (select from program.sheet where occasion = $1 and part = any($2::text[]))

-- name: clear_stages
-- Before the stages are written anew.
delete from program.stage where cohort = $1

-- name: add_stage
-- One stage.
insert into program.stage (cohort, position, name, starts, ends, place, note, source) values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: invite
-- A region enters, once.
insert into program.participation (id, cohort, region, state) values ($1, $2, $3, 'invited')
on conflict (cohort, region) do nothing returning true

-- name: add_step
-- One step of its way.
insert into program.participation_event (id, participation, at, state, reason, actor_name) values ($1, $2, $3, $4, $5, $6)

-- name: lock_participation
-- Where it stands, for a change.
select state from program.participation where id = $1 for update

-- name: signed
-- Whether a region ever signed the memorandum.
select exists (select from program.participation_event where participation = $1 and state = 'signed')

-- name: set_state
-- Where it stands from now on.
update program.participation set state = $2, version = version + 1 where id = $1

-- name: set_contact
-- Whom to call.
update program.participation set contact_name = $2, contact_phone = $3, version = version + 1 where id = $1
