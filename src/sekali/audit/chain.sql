-- name: make_heads
-- A head for each stream that has none yet.
insert into audit.head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) stream
on conflict do nothing

-- name: lock_heads
-- The heads, locked in one order so that two groups cannot wait for each other.
select stream, seq, hash from audit.head where stream = any($1::text[]) order by stream for update
