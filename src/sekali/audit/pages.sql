-- name: one_moment
-- All that follows in this transaction is seen as of one moment, while others write on.
set transaction isolation level repeatable read, read only

-- name: page
-- Events in order, from behind one of them up to the end of a chain; the columns that are hashed come last.
select stream, hash, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail
from audit.event where (stream, seq) > ($1::text, $2::int) and stream <= $3::text order by stream, seq limit $4
