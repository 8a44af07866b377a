-- name: edge
-- The last resource of a page.
select shard, type, id from records.resource
where (shard, type, id) > ($1, $2::text collate "C", $3) order by shard, type, id offset $4 - 1 limit 1

-- name: hold
-- Those of a page that are under another key, apart from those that somebody holds.
select shard, type, id, version, updated, content, subject, deleted, key from records.resource
where (shard, type, id) > ($1, $2::text collate "C", $3) and (shard, type, id) <= ($4, $5::text collate "C", $6) and key <> $7
for update skip locked

-- name: put
-- The new key.
update records.resource r set content = k.content, tokens = k.tokens::bigint[], key = $6
from unnest($1::int[], $2::text[], $3::uuid[], $4::bytea[], $5::text[]) k(shard, type, id, content, tokens)
where r.shard = k.shard and r.type = k.type and r.id = k.id

-- name: left
-- How many of a page are under another key.
select count(*) from records.resource
where (shard, type, id) > ($1, $2::text collate "C", $3) and (shard, type, id) <= ($4, $5::text collate "C", $6) and key <> $7

-- name: edge_of_versions
-- The last version of a page.
select shard, type, id, version from records.version
where (shard, type, id, version) > ($1, $2::text collate "C", $3, $4) order by shard, type, id, version offset $5 - 1 limit 1

-- name: hold_versions
-- Those of a page that are under another key.
select shard, type, id, version, updated, content, subject, deleted, key from records.version
where (shard, type, id, version) > ($1, $2::text collate "C", $3, $4)
  and (shard, type, id, version) <= ($5, $6::text collate "C", $7, $8) and key <> $9
for update skip locked

-- name: put_versions
-- The new key.
update records.version v set content = k.content, key = $6
from unnest($1::int[], $2::text[], $3::uuid[], $4::int[], $5::bytea[]) k(shard, type, id, version, content)
where v.shard = k.shard and v.type = k.type and v.id = k.id and v.version = k.version

-- name: left_of_versions
-- How many of a page are under another key.
select count(*) from records.version
where (shard, type, id, version) > ($1, $2::text collate "C", $3, $4)
  and (shard, type, id, version) <= ($5, $6::text collate "C", $7, $8) and key <> $9
