-- name: known
-- All keys that anything was ever kept under.
select number, mark, left_at from security.server_key order by number

-- name: first
-- The first key of a database; who comes second takes what is there.
with doors as (select pg_advisory_xact_lock(7352545))
insert into security.server_key (number, mark, made_at) select $1, $2, $3 from doors
on conflict do nothing

-- name: in_use
-- The keys that anything may be kept under now.
select k.n, (select array_agg(number order by number) from security.server_key where left_at is null) as numbers
from unnest($1::int[]) with ordinality k(nothing, n)

-- name: hold
-- The same, which nobody may change until this transaction ends.
select security.held_keys()
