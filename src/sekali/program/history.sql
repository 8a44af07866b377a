-- name: one_at_a_time
-- Two processes that start together: one loads, the other waits and finds it done.
select pg_advisory_xact_lock(2017)

-- name: there
-- Whether the movement has any cohort.
select exists (select from program.cohort)

-- name: end_code
-- The first code ends.
update program.region_code set valid_to = $2 where region = $1 and valid_to is null

-- name: add_code
-- A later code.
insert into program.region_code (region, code, province, valid_from, source) values ($1, $2, $3, $4, $5)

-- name: add_cohort
-- A cohort of the past.
insert into program.cohort (id, slug, year, name, target) values ($1, $2, $3, $4, $5)

-- name: add_participation
-- A region's part, as far as it is known.
insert into program.participation (id, cohort, region, state, certain, counted, note) values ($1, $2, $3, $4, $5, $6, $7)

-- name: add_step
-- Where that is known from.
insert into program.participation_event (id, participation, at, state, reason, actor_name) values ($1, $2, $3, $4, $5, $6)

-- name: add_stage
-- A stage.
insert into program.stage (cohort, position, name, starts, ends, place, note, source) values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: add_figure
-- A published figure.
insert into program.figure (id, cohort, region, year, name, value, source, note) values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: add_instrument
-- Weights as published: a draft.
insert into program.instrument (id, kind, version, name, content, source) values ($1, 'evaluation', $2, $3, $4::jsonb, $5)
