-- name: make_heads
-- A head for each stream that has none yet.
insert into audit.head (stream, seq, hash)
select stream, 0, ''::bytea from unnest($1::text[]) stream
on conflict do nothing

-- name: lock_heads
-- The heads, locked in one order so that two groups cannot wait for each other.
select stream, seq, hash from audit.head where stream = any($1::text[]) order by stream for update

-- name: append
-- The events of one group, and the heads at the last event of their stream; false where these are not as thought. See
-- migration 0025.
select audit.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19)
