-- name: lock
-- Wait until nobody writes who knows the keys as they are; whoever comes waits and knows the new ones.
select pg_advisory_xact_lock(7352545)

-- name: take
-- A new key; from the commit on it is the one that seals.
insert into security.server_key (number, mark, made_at) values ($1, $2, $3)

-- name: leave
-- Nothing is under the older keys any more.
update security.server_key set left_at = $2 where left_at is null and number < $1

-- name: alone
-- For as long as the session lasts, nobody else walks.
select pg_try_advisory_lock($1)

-- name: keys
-- All there ever were.
select number, made_at, left_at from security.server_key order by number
