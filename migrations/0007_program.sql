-- The movement of cities: cohorts, selection, mentoring, masterplans, quick wins, panel, evaluation, awards.
-- An invitation may open any role's account, not only a citizen's.
alter table security.invitation
  alter column citizen drop not null,
  add column role          text not null default 'citizen',
  add column facility      uuid,
  add column facility_name text not null default '',
  add column zone          text not null default 'Asia/Jakarta';

create schema program;

-- A region is known by its own id: its name has twins (kota and kabupaten) and its code changes in time.
create table program.region (
  id        uuid primary key,
  kind      text not null check (kind in ('kota', 'kabupaten')),
  name      text not null,
  slug      text not null unique,
  latitude  numeric,            -- of a mark on the national map: rounded to 0.1 degree, not a survey
  longitude numeric,
  unique (kind, name)
);

create table program.region_code (
  region     uuid not null references program.region,
  code       text not null,     -- Kemendagri, dotted: 34.71
  province   text not null,     -- moves with the code: Mimika was of Papua, is of Papua Tengah
  valid_from date not null,
  valid_to   date,
  source     text not null,
  primary key (region, valid_from)
);
create unique index region_code_once on program.region_code (code, valid_from);

create table program.instrument (  -- what is scored, with which weights; never changed after adoption: a new version is made
  id         uuid    primary key,
  kind       text    not null check (kind in ('selection', 'panel', 'evaluation')),
  version    integer not null,
  name       text    not null,
  content    jsonb   not null,
  source     text    not null,
  adopted_at timestamptz,
  unique (kind, version)
);

create table program.cohort (
  id           uuid    primary key,
  slug         text    not null unique,
  year         integer not null check (year between 2017 and 2100),
  name         text    not null,
  target       integer check (target between 1 and 600),
  rehearsal    boolean not null default false, -- invented figures; never counted, always marked
  settings     jsonb   not null default '{}',  -- what no source gives stays absent until somebody sets it
  published_at timestamptz,
  version      integer not null default 1
);

create table program.stage (
  cohort   uuid    not null references program.cohort,
  position integer not null,
  name     text    not null,
  starts   date,
  ends     date,
  place    text    not null default '',
  note     text    not null default '',
  source   text    not null default '',
  primary key (cohort, position)
);

create table program.figure (  -- a published figure; where sources disagree there are several of one name
  id     uuid    primary key,
  cohort uuid    references program.cohort,
  region uuid    references program.region,
  year   integer,
  name   text    not null,
  value  numeric not null,
  source text    not null,
  note   text    not null default ''
);
create index figure_of_region on program.figure (region);

create table program.participation (
  id            uuid    primary key,
  cohort        uuid    not null references program.cohort,
  region        uuid    not null references program.region,
  state         text    not null,
  certain       boolean not null default true,
  counted       boolean not null default true, -- false: the second row of a replaced pair, or a claim nobody confirms
  note          text    not null default '',
  contact_name  text    not null default '',
  contact_phone text    not null default '',
  decision      text    not null default '',   -- the reason of the selection
  version       integer not null default 1,
  unique (cohort, region)
);
create index participation_of_region on program.participation (region);

create table program.participation_event (
  id            uuid        primary key,       -- carries its time
  participation uuid        not null references program.participation,
  at            timestamptz not null,
  state         text        not null,
  reason        text        not null default '',
  actor_name    text        not null
);
create index event_of_participation on program.participation_event (participation, at, id);

create table program.person (  -- a mentor or an assessor
  id          uuid    primary key,
  role        text    not null check (role in ('mentor', 'assessor')),
  name        text    not null,
  institution text    not null default '',
  phone       text    not null default '',
  home        uuid    references program.region, -- where they live or work: a conflict of interest
  dimensions  text[]  not null default '{}',
  most        integer not null check (most between 1 and 600), -- cities
  active      boolean not null default true
);

create table program.conflict (
  person uuid not null references program.person,
  region uuid not null references program.region,
  reason text not null,
  primary key (person, region)
);

create table program.mentor (
  participation uuid not null references program.participation,
  person        uuid not null references program.person,
  primary key (participation, person)
);

create table program.meeting (  -- a bimtek of one region
  participation uuid     not null references program.participation,
  number        smallint not null check (number between 1 and 4),
  starts        date     not null,
  ends          date     not null,
  place         text     not null default '',
  people        integer  check (people between 0 and 10000), -- null: not held yet
  note          text     not null default '',
  primary key (participation, number)
);

create table program.output (  -- what a bimtek should bring, handed in; each hand-in is a version
  participation uuid        not null references program.participation,
  key           text        not null,
  version       integer     not null,
  at            timestamptz not null,
  actor_name    text        not null,
  note          text        not null,
  evidence      uuid,
  plan_version  integer,
  primary key (participation, key, version)
);

create table program.review (
  id            uuid        primary key,
  participation uuid        not null references program.participation,
  about         text        not null,          -- an output's key, or a field of the plan
  version       integer     not null,
  at            timestamptz not null,
  actor_name    text        not null,
  verdict       text        not null check (verdict in ('comment', 'accepted', 'returned')),
  text          text        not null
);
create index review_of_participation on program.review (participation, id);

create table program.commitment (
  participation uuid        primary key references program.participation,
  text          text        not null,
  plan_version  integer     not null,
  at            timestamptz not null
);

create table program.signature (
  participation uuid        not null references program.commitment,
  office        text        not null,
  name          text        not null,
  at            timestamptz not null,
  primary key (participation, office)
);

create table program.evidence (
  id            uuid        primary key,
  region        uuid        not null references program.region,
  name          text        not null,
  media_type    text        not null,
  size          integer     not null,
  sha256        bytea       not null,
  content       bytea       not null,
  at            timestamptz not null,
  actor_name    text        not null
);
create index evidence_of_region on program.evidence (region, id);

create table program.plan (
  region       uuid        primary key references program.region,
  version      integer     not null,
  facts        jsonb       not null,           -- path -> text; the paths are in program/plan_fields.py
  published    integer                         -- the version that everyone may see
);

create table program.plan_version (
  region     uuid        not null references program.plan,
  version    integer     not null,
  at         timestamptz not null,
  actor_name text        not null,
  note       text        not null,
  facts      jsonb       not null,
  primary key (region, version)
);

create table program.quick_win (
  id            uuid        primary key,
  participation uuid        not null references program.participation,
  content       jsonb       not null,
  version       integer     not null,
  published     boolean     not null default false,
  updated_at    timestamptz not null
);
create index quick_win_of_participation on program.quick_win (participation);

create table program.panel_slot (  -- who speaks when and where
  cohort        uuid     not null references program.cohort,
  participation uuid     not null references program.participation,
  day           smallint not null,
  block         smallint not null,
  room          smallint not null,
  position      smallint not null,
  primary key (cohort, participation),
  unique (cohort, day, block, room, position)
);

create table program.panel_seat (  -- who listens
  cohort uuid     not null references program.cohort,
  day    smallint not null,
  block  smallint not null,
  room   smallint not null,
  person uuid     not null references program.person,
  primary key (cohort, day, block, person)
);

create table program.second_opinion (  -- an assessor asked in addition to those of the sitting
  cohort        uuid not null references program.cohort,
  participation uuid not null references program.participation,
  person        uuid not null references program.person,
  reason        text not null,
  primary key (participation, person)
);

create table program.minute (  -- of the panel's discussion and decision
  id            uuid        primary key,
  participation uuid        not null references program.participation,
  at            timestamptz not null,
  actor_name    text        not null,
  text          text        not null
);
create index minute_of_participation on program.minute (participation, id);

create table program.sheet (  -- one filled-in instrument: by an assessor, the secretariat, a city, an evaluator
  id         uuid        primary key,
  occasion   uuid        not null,             -- a cohort or an evaluation
  part       text        not null check (part in ('desk', 'interview', 'panel', 'self', 'check')),
  region     uuid        not null references program.region,
  scorer     uuid        not null,             -- a person of the movement; the secretariat's or the region's own id
  scorer_name text       not null,
  instrument uuid        not null references program.instrument,
  version    integer     not null,
  final      boolean     not null default false,
  answers    jsonb       not null,
  note       text        not null default '',
  updated_at timestamptz not null,
  unique (occasion, part, region, scorer)
);

create table program.sheet_version (
  sheet      uuid        not null references program.sheet,
  version    integer     not null,
  key        text        not null unique,      -- of the one who sent it: the same sheet sent twice counts once
  at         timestamptz not null,
  actor_name text        not null,
  final      boolean     not null,
  answers    jsonb       not null,
  note       text        not null,
  primary key (sheet, version)
);

create table program.evaluation (
  id           uuid    primary key,
  year         integer not null check (year between 2018 and 2100),
  round        integer not null check (round between 1 and 4),
  name         text    not null,
  instrument   uuid    not null references program.instrument,
  published_at timestamptz,
  rehearsal    boolean not null default false,
  unique (year, round, rehearsal)
);

create table program.examiner (  -- who interviews which region for a cohort, or checks it in an evaluation
  occasion uuid not null,          -- a cohort or an evaluation
  region   uuid not null references program.region,
  person   uuid not null references program.person,
  primary key (occasion, region, person)
);
create index examiner_person on program.examiner (person);

create table program.category (
  id       uuid    primary key,
  cohort   uuid    not null references program.cohort,
  position integer not null,
  name     text    not null,
  rule     jsonb   not null,
  how      jsonb,                              -- how its nominees were computed: inputs, instrument, moment
  unique (cohort, position)
);

create table program.award (
  category      uuid    not null references program.category,
  participation uuid    not null references program.participation,
  place         integer not null,
  value         numeric,
  winner        boolean not null,
  primary key (category, participation)
);

create table program.ceremony (
  cohort   uuid    primary key references program.cohort,
  revealed integer not null,                   -- categories revealed so far, in their order
  version  integer not null
);

create table program.ceremony_event (
  id         uuid        primary key,
  cohort     uuid        not null references program.cohort,
  at         timestamptz not null,
  actor_name text        not null,
  action     text        not null check (action in ('open', 'reveal', 'undo', 'publish', 'withdraw')),
  revealed   integer     not null
);
create index event_of_ceremony on program.ceremony_event (cohort, id);

create table program.certificate (
  code          text        primary key,       -- 120 random bits, on the paper as a QR
  participation uuid        not null references program.participation,
  category      uuid        references program.category, -- null: for having completed
  number        text        not null unique,
  issued_at     timestamptz not null,
  withdrawn_at  timestamptz,
  reason        text        not null default ''
);
create unique index certificate_once on program.certificate (participation, coalesce(category, participation))
  where withdrawn_at is null;
