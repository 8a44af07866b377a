-- Audit events are written in one round trip also within a transaction: a chain that ends otherwise than its writer thinks
-- (somebody else wrote, or what was written last was taken back) is no error any more, which would end the transaction, but
-- told: false, and nothing is kept. It is known by the hash of its last event, which no other end of it has.

drop function audit.append(
  timestamptz, text[], integer[], integer[], bytea[], text[], uuid[], text[], text[], uuid[], text[], text[],
  integer[], integer[], text[], uuid[], text[], text[], bytea[]
);
create function audit.append(
  moment timestamptz,
  -- the chains: their names, their last hash until now, how many events each has then, its last hash then
  streams text[], before bytea[], after integer[], ends bytea[],
  -- those who acted, each once, with the chain that their events belong to
  actor_streams text[], actors uuid[], actor_names text[], roles text[], facilities uuid[], purposes text[], bases text[],
  -- the events, with the number of who acted (from 1)
  acted integer[], seqs integer[], kinds text[], citizens uuid[], whats text[], details text[], hashes bytea[]
) returns boolean language plpgsql as $$
begin
  if cardinality(streams) <> (
    select count(*) from (
      select from audit.head h join unnest(streams, before) n(stream, hash) on h.stream = n.stream
      where h.hash = n.hash order by h.stream for update of h
    ) as_thought
  ) then
    return false;
  end if;
  update audit.head h set seq = n.after, hash = n.hash
  from unnest(streams, after, ends) n(stream, after, hash) where h.stream = n.stream;
  insert into audit.event
    (stream, seq, at, kind, actor, actor_name, role, facility, citizen, purpose, basis, what, detail, hash)
  select w.stream, e.seq, moment, e.kind, w.actor, w.actor_name, w.role, w.facility, e.citizen, w.purpose, w.basis, e.what,
         e.detail, e.hash
  from unnest(acted, seqs, kinds, citizens, whats, details, hashes) e(acted, seq, kind, citizen, what, detail, hash)
  join unnest(actor_streams, actors, actor_names, roles, facilities, purposes, bases) with ordinality
    w(stream, actor, actor_name, role, facility, purpose, basis, n) on w.n = e.acted;
  return true;
end $$;
