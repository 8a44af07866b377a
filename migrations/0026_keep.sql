-- A write is one question. Its rows come with what the writer thinks: the keys in use, and whose records are closed to
-- somebody. Where it is so, and every reference leads somewhere, they are kept; where not, nothing is, and the answer says how
-- it is. From then on nobody changes the keys, nor the people's words, nor destroys one of them, until the transaction ends.
create function records.keep(
  new records.resource[],
  -- present versions that are replaced, and kept as earlier ones; their rows are locked already
  replaced records.resource[],
  keys_as_thought smallint[], closed_as_thought uuid[], people uuid[],
  -- what is referred to, and as whom it must be there
  shards integer[], types text[], ids uuid[], asker uuid, why text
) returns table (kept boolean, keys smallint[], closed uuid[], lost text[]) language plpgsql as $$
declare
  one records.resource;
begin
  keys := security.held_keys();
  closed := array(select person from records.closing(people) person order by 1);
  lost := array(
    select k.type || '/' || k.id from unnest(shards, types, ids) k(shard, type, id)
    where not exists (
      select from records.resource r where r.shard = k.shard and r.type = k.type and r.id = k.id and not r.deleted
        and (r.sensitive = 0 or records.shown(r.sensitive, r.origin, r.addressee, r.subject, asker, why))
    ) order by 1 limit 10
  );
  kept := keys = keys_as_thought and closed = closed_as_thought and lost = '{}';
  if kept then
    foreach one in array replaced loop
      insert into records.version (shard, type, id, version, subject, updated, deleted, content, key)
      select r.shard, r.type, r.id, r.version, r.subject, r.updated, r.deleted, r.content, r.key from records.resource r
      where r.shard = one.shard and r.type = one.type and r.id = one.id;
      update records.resource r
      set subject = one.subject, version = one.version, updated = one.updated, deleted = one.deleted, date = one.date,
        tokens = one.tokens, content = one.content, sensitive = r.sensitive | one.sensitive,
        addressee = coalesce(one.addressee, r.addressee), key = one.key
      where r.shard = one.shard and r.type = one.type and r.id = one.id;
    end loop;
    insert into records.resource select n.* from unnest(new) n;
  end if;
  return next;
end $$;

-- Their statements are the same each time, so they are planned once. (PostgreSQL expects ten of what comes in an array, finds
-- that dear beside a plan for the one there is, and would make a new plan for each write.)
alter function records.keep(
  records.resource[], records.resource[], smallint[], uuid[], uuid[], integer[], text[], uuid[], uuid, text
) set plan_cache_mode = force_generic_plan;
alter function audit.append(
  timestamptz, text[], bytea[], integer[], bytea[], text[], uuid[], text[], text[], uuid[], text[], text[],
  integer[], integer[], text[], uuid[], text[], text[], bytea[]
) set plan_cache_mode = force_generic_plan;
