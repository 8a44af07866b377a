-- Bulk Data: jobs that outlive the process that works on them.
create schema bulk;

create table bulk.job (
  id            uuid        primary key,
  kind          text        not null check (kind in ('export', 'import')),
  actor         uuid        not null,             -- who asked; nobody else may see the job
  actor_name    text        not null,
  role          text        not null,
  facility      uuid,
  facility_name text        not null,
  request       text        not null,             -- as the manifest repeats it
  asked         bytea       not null,             -- what was asked, understood (JSON)
  folder        text        not null,
  attended      boolean     not null,             -- a command at a terminal does the work, no web process
  moment        timestamptz not null,             -- an export's transactionTime
  state         text        not null check (state in ('open', 'waiting', 'running', 'done', 'failed', 'cancelled')),
  come          bytea       not null default '{}', -- how far it has come (JSON), written with what was done
  problem       bytea,                            -- OperationOutcome of a job that failed
  holder        uuid,                             -- the worker that has it
  leased_until  timestamptz,                      -- afterwards another may take it
  created_at    timestamptz not null,
  expires_at    timestamptz not null
);
create index job_to_do on bulk.job (created_at) where state in ('waiting', 'running');
create index job_of_actor on bulk.job (actor, created_at);
create index job_expiry on bulk.job (expires_at);

-- Whom an export is about, fixed when it begins.
create table bulk.person (
  job     uuid not null references bulk.job on delete cascade,
  citizen uuid not null,
  primary key (job, citizen)
);

-- Of whom the audit has been told that their data went into an export: once for each person.
create table bulk.told (
  job     uuid not null references bulk.job on delete cascade,
  citizen uuid not null,
  primary key (job, citizen)
);

-- What the ids of an import become here, and on which line each stands.
create table bulk.name (
  job  uuid    not null references bulk.job on delete cascade,
  type text    not null collate "C",
  old  text    not null collate "C",
  new  uuid    not null,
  file integer not null,
  line bigint  not null,
  primary key (job, type, old)
);

-- The operator's own systems: they belong to no organization, and may do nothing but bulk jobs.
alter table security.client alter column organization drop not null;
alter table security.client add column operator boolean not null default false;
alter table security.client add constraint client_belongs check (operator = (organization is null));

-- Everybody whom a facility cares for.
create index relation_of_facility on care.relation (facility, citizen);
