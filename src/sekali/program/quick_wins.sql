-- name: quick_wins
-- Those of a participation; all, or only the published.
select q.id, q.participation, p.region, q.content, q.version, q.published, q.updated_at
from program.quick_win q join program.participation p on p.id = q.participation
where q.participation = $1 and (q.published or not $2) order by q.id

-- name: published
-- What everyone may see of a region.
select q.id, q.participation, p.region, q.content, q.version, q.published, q.updated_at
from program.quick_win q join program.participation p on p.id = q.participation
where p.region = $1 and q.published order by q.id

-- name: of_cohort
-- Every quick win of a cohort, in the order of their writing.
select p.region, q.content from program.quick_win q join program.participation p on p.id = q.participation
where p.cohort = $1 order by q.id

-- name: lock
-- One new quick win after the other.
select from program.participation where id = $1 for no key update

-- name: code
-- The newest code of a region.
select code from program.region_code where region = $1 order by valid_from desc limit 1

-- name: there
-- Whether a participation has it.
select exists (select from program.quick_win where id = $1 and participation = $2)

-- name: count
-- How many a participation has.
select count(*) from program.quick_win where participation = $1

-- name: add
-- A new one.
insert into program.quick_win (id, participation, content, version, updated_at) values ($1, $2, $3::jsonb, 1, $4)

-- name: change
-- If nobody else was faster.
update program.quick_win set content = $3::jsonb, version = version + 1, updated_at = $4
where id = $1 and participation = $2 and version = $5

-- name: publish
-- Seen by everyone, or not.
update program.quick_win set published = $3 where id = $1 and participation = $2
