-- name: hold
-- One anchor at a time, whoever makes it.
lock table audit.anchor in exclusive mode

-- name: last
-- The anchor that was made last.
select number, hash from audit.anchor order by number desc limit 1

-- name: grown
-- Chains that have grown since they were anchored, and where they end.
select h.stream, h.seq, h.hash from audit.head h left join audit.anchored a on a.stream = h.stream
where h.seq > 0 and h.seq is distinct from a.seq order by h.stream

-- name: forget
-- Begin anew: no anchor was made.
delete from audit.anchor

-- name: forget_how_far
-- Begin anew: the next anchor tells of every chain.
delete from audit.anchored

-- name: keep
-- That this anchor was made.
insert into audit.anchor (number, at, hash) values ($1, $2, $3)

-- name: anchored
-- How far the chains are anchored now.
insert into audit.anchored (stream, seq) select * from unnest($1::text[], $2::int[])
on conflict (stream) do update set seq = excluded.seq
