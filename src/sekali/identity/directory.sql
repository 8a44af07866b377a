-- name: find
-- The person of each identifier asked for.
select k.n, i.citizen from (
  select * from unnest($1::uuid[], $2::text[]) with ordinality k(value_hash, system, n) limit (select 1000000)
) k
cross join lateral (
  select citizen from identity.identifier i where i.value_hash = k.value_hash and i.system = k.system limit 1
) i

-- name: born_on
-- Those of a birth date, at most so many.
select id, name from identity.citizen where birth_date = $1 limit $2

-- name: family
-- Those of one KK.
select id from identity.citizen where family_hash = any($1::uuid[]) limit 50

-- name: newborns
-- Those registered by their mother's NIK.
select id from identity.citizen where mother_hash = any($1::uuid[]) order by birth_date desc limit 20

-- name: let_go
-- Identifiers that a person no longer has.
delete from identity.identifier i using unnest($1::int[], $2::uuid[]) p(shard, citizen)
where i.shard = p.shard and i.citizen = p.citizen

-- name: claim
-- Identifiers, each for one person (the primary key refuses a second), and what people are found by beside their numbers.
with claimed as (
  insert into identity.identifier (value_hash, system, shard, citizen, key)
  select *, $5::smallint from unnest($1::uuid[], $2::text[], $3::int[], $4::uuid[])
)
insert into identity.citizen (shard, id, name, birth_date, family_hash, mother_hash)
select * from unnest($6::int[], $7::uuid[], $8::bytea[], $9::date[], $10::uuid[], $11::uuid[])
on conflict (shard, id) do update set name = excluded.name, birth_date = excluded.birth_date,
  family_hash = excluded.family_hash, mother_hash = excluded.mother_hash

-- name: claimed
-- Whether any of these is somebody's, as it was kept under an older key.
select true from unnest($1::uuid[], $2::text[]) k(value_hash, system)
join identity.identifier i on i.value_hash = k.value_hash and i.system = k.system where i.key = $3 limit 1

-- name: forget
-- A person that was deleted.
delete from identity.citizen c using unnest($1::int[], $2::uuid[]) p(shard, id) where c.shard = p.shard and c.id = p.id
