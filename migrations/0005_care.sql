-- Working lists of the desks, written in the same transaction as the FHIR resources that they show. FHIR is the truth:
-- an Encounter, a ServiceRequest, a Task; these tables say what is to be done today and count what was asked.
create schema care;

create table care.facility (
  id        uuid    primary key,         -- = Organization
  ppk       text    not null unique,     -- the payer's 8-character code, part of a referral number
  name      text    not null,
  kind      text    not null check (kind in ('puskesmas', 'hospital')),
  class     text    not null default '', -- of a hospital: A, B, C, D
  address   text    not null,
  district  text    not null,
  city_code text    not null,            -- Kemendagri, dotted: 34.71
  latitude  numeric not null,
  longitude numeric not null,
  zone      text    not null,
  phone     text    not null default '',
  demo      boolean not null default false
);

create table care.hours (
  facility uuid     not null,
  day      smallint not null check (day between 0 and 6), -- 0 Monday
  opens    time     not null,
  closes   time     not null,
  primary key (facility, day, opens)
);

create table care.department (
  id             uuid     primary key,   -- = Location
  facility       uuid     not null,
  code           text     not null,
  name           text     not null,
  letter         text     not null,      -- of its queue numbers
  daily_capacity integer  not null check (daily_capacity >= 0),
  general        boolean  not null,      -- where a person goes who was not sent to another
  unique (facility, code)
);

create table care.counter (              -- the last number given, of a queue's day or a month's letters
  facility uuid    not null,
  name     text    not null,
  last     integer not null,
  primary key (facility, name)
);

create table care.visit (
  shard       integer     not null,
  id          uuid        not null,      -- = Encounter
  facility    uuid        not null,
  department  uuid        not null,
  citizen     uuid        not null,
  name        text        not null,
  birth_date  date,
  day         date        not null,      -- in the facility's zone
  number      text        not null,
  status      text        not null check (status in ('arrived', 'in-progress', 'finished', 'cancelled')),
  kind        text        not null check (kind in ('first', 'returning', 'referral')),
  arrived_at  timestamptz not null,
  started_at  timestamptz,
  finished_at timestamptz,
  questions   integer     not null check (questions >= 0),
  seconds     numeric     not null check (seconds >= 0),
  referral    uuid,
  primary key (shard, id)
);
create index visit_today on care.visit (facility, day, arrived_at);
create index visit_citizen on care.visit (citizen, arrived_at);
-- Twice the same person at two counters at once is one visit.
create unique index visit_live on care.visit (citizen, facility, department, day) where status in ('arrived', 'in-progress');

create table care.referral (
  shard           integer     not null,
  id              uuid        not null,  -- = ServiceRequest
  task            uuid,                  -- null until a hospital's own system has sent the Task too
  number          text        not null,
  citizen         uuid        not null,
  name            text        not null,
  birth_date      date,
  sex             text        not null,
  from_facility   uuid        not null,
  to_facility     uuid        not null,
  department_code text        not null,
  reason          text        not null,
  diagnosis       text        not null,
  priority        text        not null,
  doctor_name     text        not null,
  status          text        not null,
  answer          text        not null default '', -- the reason of a decline or redirect
  requested_at    timestamptz not null,
  answered_at     timestamptz,
  expires_on      date        not null,
  used_at         timestamptz,
  letter_back     text        not null default '',
  primary key (shard, id)
);
create unique index referral_number on care.referral (number);
create unique index referral_task on care.referral (task);
create index referral_to on care.referral (to_facility, status, requested_at);
create index referral_from on care.referral (from_facility, requested_at);
create index referral_citizen on care.referral (citizen, requested_at);

-- Which facility cares, or cared, for whom: the fact that opens a person's record to that facility's own system.
create table care.relation (
  citizen  uuid not null,
  facility uuid not null,
  primary key (citizen, facility)
);

-- What a counter took before Sekali, as published; settable, each with its source. Questions were counted by nobody.
create table care.baseline (
  kind      text    not null check (kind in ('puskesmas', 'hospital')),
  situation text    not null,
  questions numeric,
  minutes   numeric not null,
  source    text    not null,
  primary key (kind, situation)
);
insert into care.baseline (kind, situation, minutes, source) values
  ('puskesmas', 'new patient', 7, 'promised time, service standard of a puskesmas in Manggarai Timur (sippn.menpan.go.id 8248155)'),
  ('puskesmas', 'known patient with card', 4, 'promised time, service standard of a puskesmas in Manggarai Timur (sippn.menpan.go.id 8248155)'),
  ('puskesmas', 'known patient without card', 5, 'promised time, service standard of a puskesmas in Manggarai Timur (sippn.menpan.go.id 8248155)'),
  ('hospital', 'new patient', 6.55, 'measured, 6 min 33 s, registration desk of RSUD Tugurejo Semarang, 100 patients (adoc.pub)'),
  ('hospital', 'known patient', 7.03, 'measured, 7 min 2 s, registration desk of RSUD Tugurejo Semarang, 100 patients (adoc.pub)');
