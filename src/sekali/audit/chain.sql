-- name: make_heads
-- A head for each stream that has none yet.
insert into audit.head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) stream
on conflict do nothing

-- name: lock_heads
-- The heads, locked in one order so that two groups cannot wait for each other.
select stream, seq, hash from audit.head where stream = any($1::text[]) order by stream for update

-- name: append
-- The events of one group, and the heads at the last event of their stream. See migration 0015.
select audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)

-- name: streams
-- Every stream and where its head says that it ends; also a stream whose head is gone.
select coalesce(h.stream, e.stream) as stream, h.seq, h.hash
from audit.head h full join (select distinct stream from audit.event) e on e.stream = h.stream
order by 1

-- name: events
-- A page of one stream, in order.
select seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail, hash
from audit.event where stream = $1 and seq > $2 order by seq limit 1000
