-- name: chains
-- The chains of a facility between two days, as they are named.
select stream from audit.head where stream like $1::text || '/%' and substr(stream, 38, 10) between $2 and $3

-- name: found
-- Events of a facility, the newest first, behind one that was told before. From: see trail.py.
select stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what
from (/* from */) e
where facility = $1 and (at, stream, seq) < ($3, $4, $5) and at >= $6 and at < $7
  and ($8::uuid is null or actor = $8) and ($9::text is null or lower(actor_name) like $9)
  and ($10::text[] is null or kind = any($10)) and ($11::text is null or what ~ $11) and (not $12 or citizen is not null)
order by at desc, stream desc, seq desc limit $13

-- name: one
-- One event of a facility.
select stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what
from audit.event where stream = $1 and seq = $2 and facility = $3
