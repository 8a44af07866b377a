-- name: read
-- The present version of each resource asked for. (limit 1 keeps the planner at one index probe for each; the other limit
-- lets it plan once: see kernel.Coalesced.)
select k.n, r.type, r.id, r.version, r.updated, r.content, r.subject, r.deleted, r.sensitive
from (
  select * from unnest($1::int[], $2::text[], $3::uuid[]) with ordinality k(shard, type, id, n) limit (select 1000000)
) k
cross join lateral (
  select type, id, version, updated, content, subject, deleted, sensitive from records.resource r
  where r.shard = k.shard and r.type = k.type and r.id = k.id limit 1
) r

-- name: vread
-- One version, the present one or an earlier.
select type, id, version, updated, content, subject, deleted from records.resource
where shard = $1 and type = $2 and id = $3 and version = $4
union all
select type, id, version, updated, content, subject, deleted from records.version
where shard = $1 and type = $2 and id = $3 and version = $4

-- name: history
-- Versions, newest first, from below a version, made since a time; of those, what stood at some moment of [$7, $8): made
-- before its end, and the next one not at its beginning.
select type, id, version, updated, content, subject, deleted from records.resource
where shard = $1 and type = $2 and id = $3 and version < $4 and updated >= $6 and updated < $8
union all
select v.type, v.id, v.version, v.updated, v.content, v.subject, v.deleted from records.version v
where v.shard = $1 and v.type = $2 and v.id = $3 and v.version < $4 and v.updated >= $6 and v.updated < $8
  and not exists (
    select from records.resource n
    where n.shard = v.shard and n.type = v.type and n.id = v.id and n.version = v.version + 1 and n.updated <= $7
  )
  and not exists (
    select from records.version n
    where n.shard = v.shard and n.type = v.type and n.id = v.id and n.version = v.version + 1 and n.updated <= $7
  )
order by version desc limit $5

-- name: changes
-- Versions of everything of some kinds, newest first, since a time and after a place; of those, what stood at some moment
-- of [$7, $8), as in history.
select * from (
  (select type, id, version, updated, content, subject, deleted from records.resource
   where type = any($1::text[]) and updated >= $2 and (updated, id, version) < ($3, $4, $5) and updated < $8
   order by updated desc, id desc, version desc limit $6)
  union all
  (select v.type, v.id, v.version, v.updated, v.content, v.subject, v.deleted from records.version v
   where v.type = any($1::text[]) and v.updated >= $2 and (v.updated, v.id, v.version) < ($3, $4, $5) and v.updated < $8
     and not exists (
       select from records.resource n
       where n.shard = v.shard and n.type = v.type and n.id = v.id and n.version = v.version + 1 and n.updated <= $7
     )
     and not exists (
       select from records.version n
       where n.shard = v.shard and n.type = v.type and n.id = v.id and n.version = v.version + 1 and n.updated <= $7
     )
   order by v.updated desc, v.id desc, v.version desc limit $6)
) one order by updated desc, id desc, version desc limit $6

-- name: record
-- All that is kept of a person, of some kinds, newest first.
select type, id, version, updated, content, subject, deleted from records.resource
where shard = $1 and type = any($2::text[]) and subject = $3 and not deleted
  and (sensitive = 0 or records.shown(sensitive, origin, addressee, subject, $5::uuid, $6::text))
order by type, date desc, updated desc limit $4

-- name: origin
-- The facility that wrote each of some resources first.
select k.n, r.origin from (
  select * from unnest($1::int[], $2::text[], $3::uuid[]) with ordinality k(shard, type, id, n) limit (select 1000000)
) k
cross join lateral (
  select origin from records.resource r where r.shard = k.shard and r.type = k.type and r.id = k.id limit 1
) r

-- name: lock
-- The present version, which nobody else may change until this transaction ends.
select type, id, version, updated, content, subject, deleted, sensitive, origin from records.resource
where shard = $1 and type = $2 and id = $3 for update

-- name: others_of
-- Whether a person has anything else than their Patient.
select exists (select from records.resource where shard = $1 and subject = $2 and type <> 'Patient' and not deleted)
