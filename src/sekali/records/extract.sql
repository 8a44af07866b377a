-- name: of_kind
-- A page of what stood just before a moment ($3) of one kind, by its last change then and id, from after a place.
-- What has been changed since is taken from its versions; one statement sees each resource in one of the two.
with page as materialized (
  select shard, type, id, version, updated, content, subject, deleted from records.resource
  where type = $1 and (updated, id) > ($4::timestamptz, $5::uuid) and updated < $3 and (subject is not null or not $2)
  order by updated, id limit 1000
), edge as (
  select updated, id from page order by updated, id offset 999
)
select type, id, version, updated, content, subject, deleted from page
union all
select v.type, v.id, v.version, v.updated, v.content, v.subject, v.deleted
from records.version v
join records.resource r on r.shard = v.shard and r.type = v.type and r.id = v.id
where v.type = $1 and (v.updated, v.id) > ($4::timestamptz, $5::uuid) and v.updated < $3
  and (v.updated, v.id) <= (coalesce((select updated from edge), $3),
                            coalesce((select id from edge), 'ffffffff-ffff-ffff-ffff-ffffffffffff'::uuid))
  and (v.subject is not null or not $2) and r.updated >= $3
  and not exists (
    select from records.version n
    where n.shard = v.shard and n.type = v.type and n.id = v.id and n.version > v.version and n.updated < $3
  )
order by updated, id

-- name: of_people
-- The same of some people ($1 shards, $2 ids) and kinds ($3), changed from $4 on; by person, kind and id, after a place.
select one.* from unnest($1::int[], $2::uuid[]) with ordinality k(shard, person, n)
cross join lateral (
  select r.type, r.id, r.version, r.updated, r.content, r.subject, r.deleted from records.resource r
  where r.shard = k.shard and r.subject = k.person and r.type = any($3::text[]) and r.updated >= $4 and r.updated < $5
    and (r.sensitive = 0 or records.shown(r.sensitive, r.origin, r.addressee, r.subject, $8::uuid, $9::text))
  union all
  select v.type, v.id, v.version, v.updated, v.content, v.subject, v.deleted from records.resource r
  cross join lateral (
    select * from records.version v
    where v.shard = r.shard and v.type = r.type and v.id = r.id and v.updated < $5 order by v.version desc limit 1
  ) v
  where r.shard = k.shard and r.subject = k.person and r.type = any($3::text[]) and r.updated >= $5 and v.updated >= $4
    and (r.sensitive = 0 or records.shown(r.sensitive, r.origin, r.addressee, r.subject, $8::uuid, $9::text))
) one
where (k.n > 1 or (one.type, one.id) > ($6::text collate "C", $7::uuid))
order by k.n, one.type, one.id limit 1000

-- name: many
-- How many there are of some kinds, about.
select count(*) from records.resource where type = any($1::text[]) and updated >= $2 and updated < $3 and not deleted

-- name: writing
-- The transactions of this program that are under way.
select pid, xact_start from pg_stat_activity
where datname = current_database() and application_name = 'sekali' and xact_start is not null and pid <> pg_backend_pid()

-- name: there
-- Which of some ids have been given.
select r.type, r.id, r.deleted from unnest($1::int[], $2::text[], $3::uuid[]) k(shard, type, id)
join records.resource r on r.shard = k.shard and r.type = k.type and r.id = k.id
