-- name: alone
-- Nobody writes about those behind this door until the transaction ends; whoever does is waited for.
select pg_advisory_xact_lock(7352543, $1)

-- name: together
-- Nobody of these is destroyed until the transaction ends.
select records.closing($1::uuid[])

-- name: there
-- Those of some people who are kept here.
select k.id from unnest($1::int[], $2::uuid[]) k(shard, id)
join records.resource r on r.shard = k.shard and r.type = 'Patient' and r.id = k.id and not r.deleted

-- name: quiet
-- Those of some people about whose care nothing is dated, or was written, since a moment.
select p.id from unnest($1::uuid[]) p(id)
where not exists (select from records.resource r where r.subject = p.id and r.date >= $2 and r.type <> all($3::text[]))
  and not exists (select from records.resource r where r.subject = p.id and r.updated >= $2 and r.type <> all($3::text[]))

-- name: last
-- The last moment that anything about the care of some people is dated or was written; without any, of what is kept of them.
select p.id, coalesce(
  (select max(greatest(r.date, r.updated)) from records.resource r where r.subject = p.id and r.type <> all($2::text[])),
  (select max(r.updated) from records.resource r where r.subject = p.id)
) as at
from unnest($1::uuid[]) p(id)

-- name: people
-- Some of all people, in the order of their ids.
select shard, id from records.resource
where type = 'Patient' and (shard, id) > ($1, $2) and not deleted order by shard, id limit $3

-- name: resources
-- What is in use and what is not, but for the versions before.
with gone as (delete from records.resource where shard = $1 and subject = $2 returning type)
select type, count(*)::int as count from gone group by type order by type

-- name: versions
-- And all that stood there before. (After the resources: whoever changes one holds its row, and was waited for.)
delete from records.version where shard = $1 and subject = $2

-- name: words
-- What the person said about sharing.
delete from records.consent where subject = $1
