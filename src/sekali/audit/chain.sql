-- name: make_heads
-- A head for each stream that has none yet.
insert into audit.head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) stream
on conflict do nothing

-- name: lock_heads
-- The heads, locked in one order so that two groups cannot wait for each other.
select stream, seq, hash from audit.head where stream = any($1::text[]) order by stream for update

-- name: append
-- The events of one group, and the heads at the last event of their stream; one round trip for both.
with moved as (
  update audit.head h set seq = n.seq, hash = n.hash
  from unnest($15::text[], $16::int[], $17::bytea[]) n(stream, seq, hash) where h.stream = n.stream
)
insert into audit.event (stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail, hash)
select * from unnest($1::text[], $2::int[], $3::timestamptz[], $4::text[], $5::uuid[], $6::text[], $7::text[], $8::uuid[],
                     $9::uuid[], $10::text[], $11::text[], $12::text[], $13::text[], $14::bytea[])
