-- name: edge
-- The last identifier of a page.
select value_hash, system from identity.identifier
where (value_hash, system) > ($1, $2::text collate "C") order by value_hash, system offset $3 - 1 limit 1

-- name: hold
-- Those of a page that are under another key, apart from those that somebody holds.
select value_hash, system, key from identity.identifier
where (value_hash, system) > ($1, $2::text collate "C") and (value_hash, system) <= ($3, $4::text collate "C") and key <> $5
for update skip locked

-- name: put
-- The new key.
update identity.identifier i set value_hash = k.new, key = $4
from unnest($1::uuid[], $2::text[], $3::uuid[]) k(value_hash, system, new)
where i.value_hash = k.value_hash and i.system = k.system

-- name: left
-- How many of a page are under another key.
select count(*) from identity.identifier
where (value_hash, system) > ($1, $2::text collate "C") and (value_hash, system) <= ($3, $4::text collate "C") and key <> $5

-- name: citizens
-- A page of people.
select shard, id, name from identity.citizen where (shard, id) > ($1, $2) order by shard, id limit $3

-- name: hold_citizens
-- Some of them, apart from those that somebody holds.
select c.shard, c.id, c.name, c.family_hash, c.mother_hash
from unnest($1::int[], $2::uuid[]) k(shard, id) join identity.citizen c on c.shard = k.shard and c.id = k.id
for update of c skip locked

-- name: put_citizens
-- The new key.
update identity.citizen c set name = k.name, family_hash = k.family_hash, mother_hash = k.mother_hash
from unnest($1::int[], $2::uuid[], $3::bytea[], $4::uuid[], $5::uuid[]) k(shard, id, name, family_hash, mother_hash)
where c.shard = k.shard and c.id = k.id
