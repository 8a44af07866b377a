-- name: newest
-- The plan of a region.
select version, facts, published from program.plan where region = $1 and version > 0

-- name: version
-- An earlier version.
select facts from program.plan_version where region = $1 and version = $2

-- name: versions
-- The history.
select version, at, actor_name, note from program.plan_version where region = $1 order by version desc limit 500

-- name: published
-- Which version everyone may see.
select published from program.plan where region = $1

-- name: all_published
-- Every published plan.
select v.region, v.facts from program.plan p
join program.plan_version v on v.region = p.region and v.version = p.published

-- name: begin
-- A plan that nobody has begun.
insert into program.plan (region, version, facts) values ($1, 0, '{}') on conflict do nothing

-- name: lock
-- The present plan, for a change.
select version, facts from program.plan where region = $1 for update

-- name: write
-- The present plan from now on.
update program.plan set version = $2, facts = $3::jsonb where region = $1

-- name: add_version
-- Every version is kept.
insert into program.plan_version (region, version, at, actor_name, note, facts) values ($1, $2, $3, $4, $5, $6::jsonb)

-- name: publish
-- Which version everyone may see from now on.
update program.plan set published = $2 where region = $1
