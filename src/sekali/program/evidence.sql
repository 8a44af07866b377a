-- name: files
-- All files of a region.
select id, region, name, media_type, size, sha256, at, actor_name from program.evidence where region = $1 order by id desc limit 500

-- name: file
-- One file with its content.
select id, region, name, media_type, size, sha256, at, actor_name, content from program.evidence where id = $1

-- name: lock
-- One file of a region after the other.
select from program.region where id = $1 for no key update

-- name: known
-- The same content, kept before.
select id from program.evidence where region = $1 and sha256 = $2

-- name: count
-- How many files a region keeps.
select count(*) from program.evidence where region = $1

-- name: add
-- A new file.
insert into program.evidence (id, region, name, media_type, size, sha256, content, at, actor_name)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)
