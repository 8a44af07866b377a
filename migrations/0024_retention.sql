-- How long a record is kept, what keeps it longer, who destroyed it when its time was over.

alter table care.duty drop constraint duty_kind_check;
alter table care.duty add constraint duty_kind_check
  check (kind in ('access', 'correction', 'restriction', 'deletion', 'question', 'breach'));

-- A record that is still to be used, whatever its time: a court case, research.
create table care.hold (
  id         uuid        primary key,
  citizen    uuid        not null,
  facility   uuid        not null,
  reason     bytea       not null,              -- sealed, as end_reason
  by_name    text        not null,
  begun_at   timestamptz not null,
  end_reason bytea       not null default '\x',
  ended_name text        not null default '',
  ended_at   timestamptz
);
create index hold_of_citizen on care.hold (citizen) where ended_at is null;
create index hold_of_facility on care.hold (facility, begun_at desc);

-- Records whose destruction the head of a facility is asked to confirm: one for each person.
create table care.proposal (
  citizen     uuid        primary key,
  facility    uuid        not null,
  proposed_by uuid        not null,
  by_name     text        not null,
  proposed_at timestamptz not null,
  last_visit  date        not null
);
create index proposal_of_facility on care.proposal (facility, proposed_at, citizen);

-- The legal-basis log: what was refused, held, released and destroyed. It names staff, and of the person nothing.
create table care.retention (
  id          uuid        primary key,          -- the reference, random: it cannot be guessed
  kind        text        not null check (kind in ('refused', 'held', 'released', 'destroyed')),
  facility    uuid        not null,
  at          timestamptz not null,
  citizen     uuid,                             -- while the person is there; of a destroyed one nobody
  by_id       uuid        not null,
  by_name     text        not null,
  deed        uuid,                             -- of a destruction: what was confirmed at once
  proposed_by uuid,
  proposer    text        not null default '',
  proposed_at timestamptz,
  last_visit  date        not null,
  kept_until  date        not null,
  years       smallint    not null,
  content     bytea       not null,             -- basis, resources by type, or the words of who did it; sealed
  check ((kind = 'destroyed') = (deed is not null) and (deed is null) = (proposed_by is null)),
  check (kind <> 'destroyed' or citizen is null and proposed_by <> by_id)
);
create index retention_of_facility on care.retention (facility, at desc, id);
create index retention_of_deed on care.retention (deed) where deed is not null;
create index retention_of_citizen on care.retention (citizen) where citizen is not null;
