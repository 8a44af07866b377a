-- Audit events are written by one function, which is told where each chain ended: a writer that remembers it needs no
-- lock and no transaction of its own around. Where somebody else has written meanwhile, nothing at all is kept.

create function audit.append(
  moment timestamptz,
  -- the chains: their names, how many events each had, how many it has now, its last hash
  streams text[], before integer[], after integer[], ends bytea[],
  -- those who acted, each once, with the chain that their events belong to
  actor_streams text[], actors uuid[], actor_names text[], roles text[], facilities uuid[], purposes text[], bases text[],
  -- the events, with the number of who acted (from 1)
  acted integer[], seqs integer[], kinds text[], citizens uuid[], whats text[], details text[], hashes bytea[]
) returns void language plpgsql as $$
declare
  moved integer;
begin
  update audit.head h set seq = n.after, hash = n.hash
  from unnest(streams, before, after, ends) n(stream, before, after, hash)
  where h.stream = n.stream and h.seq = n.before;
  get diagnostics moved = row_count;
  if moved <> cardinality(streams) then
    raise exception 'a chain has grown meanwhile' using errcode = 'serialization_failure';
  end if;
  insert into audit.event
    (stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail, hash)
  select w.stream, e.seq, moment, e.kind, w.actor, w.actor_name, w.role, w.facility, e.citizen, w.purpose, w.basis, e.what,
         e.detail, e.hash
  from unnest(acted, seqs, kinds, citizens, whats, details, hashes) e(acted, seq, kind, citizen, what, detail, hash)
  join unnest(actor_streams, actors, actor_names, roles, facilities, purposes, bases) with ordinality
    w(stream, actor, actor_name, role, facility, purpose, basis, n) on w.n = e.acted;
end $$;
