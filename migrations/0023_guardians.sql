-- Who acts for somebody else, until when; what a word about sharing says to them.

create table care.guardian (
  id          uuid        primary key,           -- of the RelatedPerson, which holds the guardian's name and kinship
  citizen     uuid        not null,              -- the one who is acted for
  guardian    uuid        not null,              -- the one who acts
  called      bytea       not null,              -- what the one acted for is called; sealed
  proof       text        not null,              -- what was shown at the counter: the kind of paper, not its number
  facility    uuid        not null,              -- where it was shown
  begun_at    timestamptz not null,
  until       date        not null,              -- the last day
  ended_at    timestamptz
);
create unique index guardian_once on care.guardian (citizen, guardian) where ended_at is null;
create index guardian_by_guardian on care.guardian (guardian) where ended_at is null;

-- A word about all facilities and purposes says nothing to a guardian, who is no facility: neither does it open what is
-- sensitive to them, nor close the record. Only a word for that very purpose does.
create or replace function records.opened(person uuid, asker uuid, why text) returns smallint
language sql stable parallel safe as $$
  select (coalesce(bit_or(class) filter (where permit), 0) | case when coalesce(bool_or(class = 1), false) then 0 else 1 end)::smallint
  from (
    select distinct on (class) class, permit from records.consent
    where subject = person and (facility is null or facility = asker)
      and (purpose = why or purpose is null and why is distinct from 'acting')
      and (until is null or until > now())
    order by class, facility nulls last, purpose nulls last
  ) word
$$;
