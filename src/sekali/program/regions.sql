-- name: regions
-- Every region with its code on a day; where none held then, the first one after.
select r.id, r.kind, r.name, r.slug, c.code, c.province, r.latitude, r.longitude
from program.region r cross join lateral (
  select code, province from program.region_code c where c.region = r.id
  order by (valid_from <= $1 and (valid_to is null or valid_to > $1)) desc, valid_from limit 1) c
order by r.name, r.kind desc

-- name: codes
-- All codes of a region.
select code, province, valid_from as since, valid_to as until, source from program.region_code
where region = $1 order by valid_from

-- name: add_region
-- A new region.
insert into program.region (id, kind, name, slug, latitude, longitude) values ($1, $2, $3, $4, $5, $6)

-- name: add_code
-- A code that holds from a day.
insert into program.region_code (region, code, province, valid_from, source) values ($1, $2, $3, $4, $5)

-- name: one_at_a_time
-- Codes are given one after the other, so that no two regions get the same one at once.
select pg_advisory_xact_lock(91094)

-- name: taken
-- Whether another region has a code on or after a day.
select exists (
  select from program.region_code where code = $1 and region <> $2 and (valid_to is null or valid_to > $3))

-- name: end_code
-- The present code ends.
update program.region_code set valid_to = $2 where region = $1 and valid_to is null
