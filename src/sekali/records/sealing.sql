-- name: hold
-- Keep those who write about people behind this door waiting: somebody's word about sharing is being written.
select pg_advisory_xact_lock(7352543, $1)

-- name: closing
-- Those of some people who keep everything clinical closed to somebody, and the keys that are in use, which nobody may
-- change until this transaction ends.
select security.held_keys() as keys, array(select records.closing($1::uuid[])) as closing

-- name: sealed
-- The sensitive ones of what is referred to.
select r.type, r.id, r.sensitive from unnest($1::int[], $2::text[], $3::uuid[]) k(shard, type, id)
join records.resource r on r.shard = k.shard and r.type = k.type and r.id = k.id
where r.sensitive <> 0

-- name: classed
-- By which edition of the table of codes each kind was classed, and how far that has come.
select type, edition, updated, id from records.classing

-- name: next
-- Some resources of a kind from after a place.
select * from records.resource
where type = $1 and (updated, id) > ($2::timestamptz, $3::uuid) and not deleted
order by updated, id limit $4

-- name: put
-- Seals of the present edition.
update records.resource r
set sensitive = r.sensitive | k.sensitive::smallint, origin = coalesce(r.origin, k.origin), addressee = coalesce(r.addressee, k.addressee)
from unnest($2::int[], $3::uuid[], $4::int[], $5::uuid[], $6::uuid[]) k(shard, id, sensitive, origin, addressee)
where r.shard = k.shard and r.type = $1 and r.id = k.id

-- name: reached
-- How far the classing of a kind has come.
insert into records.classing (type, edition, updated, id) values ($1, $2, $3, $4)
on conflict (type) do update set edition = excluded.edition, updated = excluded.updated, id = excluded.id
