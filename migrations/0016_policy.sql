-- What is shown only by consent, and to whom. `sensitive` is a set of classes (security.Sensitive): bit 0 for everything
-- clinical of a person who opted out of sharing, the others for HIV, mental health, ... Nearly every row has 0, which is all
-- that a read looks at. What was once of a class stays of it, in all its versions.
alter table records.resource
  add column sensitive smallint not null default 0,
  add column origin    uuid,   -- the facility that wrote it first
  add column addressee uuid;   -- the facility that a referral is addressed to

-- What people said, the last word of each: a projection of the Consent resources, written in the same transaction.
create table records.consent (
  subject  uuid        not null,
  facility uuid,                    -- null: any
  purpose  text,                    -- null: any
  class    smallint    not null,    -- one bit
  permit   boolean     not null,
  until    timestamptz,             -- null: until it is withdrawn
  own      boolean     not null,    -- said by the person, here or in front of a desk; else noted by a facility's system
  consent  uuid        not null     -- the Consent that says so
);
create unique index consent_word on records.consent (subject, class, facility, purpose) nulls not distinct;
create index consent_source on records.consent (consent);

-- The classes that a person's consent opens to a facility for a purpose. A word about this facility outweighs one about all,
-- then a word about this purpose one about all. Without any word what is ordinary is open, and nothing else.
create function records.opened(person uuid, asker uuid, why text) returns smallint
language sql stable parallel safe as $$
  select (coalesce(bit_or(class) filter (where permit), 0) | case when coalesce(bool_or(class = 1), false) then 0 else 1 end)::smallint
  from (
    select distinct on (class) class, permit from records.consent
    where subject = person and (facility is null or facility = asker) and (purpose is null or purpose = why)
      and (until is null or until > now())
    order by class, facility nulls last, purpose nulls last
  ) word
$$;

-- Whether something sensitive is there for an asker; no purpose stands for a Grant that shows all.
create function records.shown(
  sensitive smallint, origin uuid, addressee uuid, person uuid, asker uuid, why text
) returns boolean
language sql stable parallel safe as $$
  select why is null or coalesce(asker in (origin, addressee), false)
    or (sensitive & ~records.opened(person, asker, why)) = 0
$$;

-- Those of some people who keep everything clinical closed to somebody. Whoever writes asks this first and holds the door
-- until the end of the transaction: a person's word and what is written at the same moment do not miss each other.
create function records.closing(people uuid[]) returns setof uuid
language plpgsql volatile as $$
begin
  perform pg_advisory_xact_lock_shared(7352543, door)
  from (select distinct get_byte(uuid_send(one), 3) % 64 as door from unnest(people) one order by 1) doors;
  return query select distinct c.subject from records.consent c where c.subject = any(people) and c.class = 1 and not c.permit;
end
$$;

-- By which edition of the table of sensitive codes what is kept was classed, and how far a new classing has come.
create table records.classing (
  type    text        primary key collate "C",
  edition text        not null,
  updated timestamptz not null,
  id      uuid        not null
);

-- Records that somebody opened in an emergency, without any other relation to the person.
create table care.emergency (
  id          uuid        primary key,
  citizen     uuid        not null,
  facility    uuid        not null,
  actor       uuid        not null,
  actor_name  text        not null,
  role        text        not null,
  reason      text        not null,
  opened_at   timestamptz not null,
  ends_at     timestamptz not null,
  reviewed_at timestamptz,
  reviewer    text        not null default '',
  verdict     text        not null default '' check (verdict in ('', 'accepted', 'questioned')),
  note        text        not null default ''
);
create index emergency_live on care.emergency (actor, citizen, ends_at);
create index emergency_facility on care.emergency (facility, opened_at);
create index emergency_citizen on care.emergency (citizen, opened_at);
