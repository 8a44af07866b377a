-- name: entries
-- What one actor did with a citizen's data for one reason on one day, in one line; the newest first. Whose: see looks.py.
select actor, actor_name, role, facility, purpose, basis, min(at) as first, max(at) as last, count(*)::int as times,
       (array_agg(distinct kind))[:12] as kinds, (array_agg(distinct what))[:40] as whats,
       (array_agg(stream order by at desc, stream, seq desc))[1] as stream,
       (array_agg(seq order by at desc, stream, seq desc))[1] as seq
from audit.event
where citizen = $1 and true /* whose */ and at >= $2 and at < $3 and ($4::uuid is null or facility = $4)
group by actor, actor_name, role, facility, purpose, basis, (at at time zone $5)::date
order by last desc, stream, seq limit $6 offset $7

-- name: places
-- The facilities from which somebody looked.
select distinct facility from audit.event where citizen = $1 and at >= $2 and at < $3 and facility is not null

-- name: one
-- One event about a citizen.
select actor, actor_name, role, facility, purpose, basis, at as first, at as last, 1 as times, array[kind] as kinds,
       array[what] as whats, stream, seq
from audit.event where stream = $1 and seq = $2 and citizen = $3

-- name: noted
-- The first event of each thing that was done with a citizen's data, and when the citizen next looked at the own record.
select distinct on (done.what) done.what, e.stream, e.seq, (
  select min(own.at) from audit.event own where own.citizen = $1 and own.at > done.at
  and own.role not in ('integrator', 'system') and own.role = 'citizen' and own.kind = 'looked'
) as seen_at
from unnest($2::text[], $3::timestamptz[]) done(what, at)
join audit.event e on e.citizen = $1 and e.what = done.what and e.role not in ('integrator', 'system')
  and e.at between done.at - interval '1 minute' and done.at + interval '1 minute'
order by done.what, e.at, e.stream, e.seq
