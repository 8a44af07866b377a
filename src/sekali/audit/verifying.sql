-- name: snapshot
-- The name of this moment, for another connection.
select pg_export_snapshot()

-- name: heads
-- Where each chain says that it ends.
select stream, seq, hash from audit.head order by stream

-- name: streams
-- Every chain that has a head, is known to an anchor, or is the last that has events; in the order of the pages.
select stream from audit.head union select unnest($1::text[]) union
select max(stream) from audit.event having max(stream) is not null order by 1

-- name: last_stream
-- The last chain that has events.
select max(stream) from audit.event

-- name: last_anchor
-- The number of the anchor that was made last.
select coalesce(max(number), 0) from audit.anchor
