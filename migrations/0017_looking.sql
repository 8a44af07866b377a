-- Anchors of the audit: how far it was signed outside the database, and the questions of those who were looked at.

-- The anchors that were made. What they say stands in files outside; this only tells where the next one goes on.
create table audit.anchor (
  number integer     primary key,
  at     timestamptz not null,
  hash   bytea       not null   -- sha256 of what was signed; the next anchor holds it
);

-- How far each chain was anchored, so that an anchor tells only of those that have grown since.
create table audit.anchored (
  stream text    primary key,
  seq    integer not null
);

-- People and machines apart: a system that asks every minute must not make the list of people slow. In place of one
-- index of all, so that an event costs what it did.
create index event_of_citizen_by_people on audit.event (citizen, at desc)
  where citizen is not null and role not in ('integrator', 'system');
create index event_of_citizen_by_machines on audit.event (citizen, at desc)
  where citizen is not null and role in ('integrator', 'system');
drop index audit.event_of_citizen;

-- What a citizen asks about one entry of "who looked", and what the facility answered.
create table care.question (
  id            uuid        primary key,
  citizen       uuid        not null,
  facility      uuid        not null,  -- who has to answer
  stream        text        not null,  -- the newest event of the entry
  seq           integer     not null,
  looked_at     timestamptz not null,
  looker        uuid        not null,
  looker_name   text        not null,
  looker_role   text        not null,
  purpose       text        not null,
  parts         text        not null,
  reason        text        not null check (length(reason) <= 1000),
  asked_at      timestamptz not null,
  due_at        timestamptz not null,
  answer        text        check (length(answer) <= 2000),
  answered_at   timestamptz,
  answerer      uuid,
  answerer_name text,
  unique (stream, seq)
);
create index question_of_citizen on care.question (citizen, asked_at desc);
create index question_of_facility on care.question (facility, due_at) where answered_at is null;
create index question_answered on care.question (facility, answered_at desc) where answered_at is not null;
