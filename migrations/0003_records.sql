-- FHIR R4 resources: the exact bytes, and beside them only what they are found by. `shard` (the first 32 bits of the
-- id of the person a resource belongs to) leads every key, so a person's whole record lies together and this schema
-- runs unchanged on Citus.
create schema records;

create table records.resource (
  shard   integer     not null,
  type    text        not null collate "C",
  id      uuid        not null,
  subject uuid,                              -- the person it belongs to; a Patient's own id; null: the city's
  version integer     not null,
  updated timestamptz not null,
  deleted boolean     not null,
  date    timestamptz,                       -- the clinical date (a Patient's birth date), for ranges and sorting
  tokens  bigint[]    not null,              -- hashes of the indexed search terms
  content bytea       not null,              -- as it is served; empty when deleted
  primary key (shard, type, id)
);
-- No pending list: it makes searches slow until the next vacuum.
create index resource_tokens on records.resource using gin (tokens) with (fastupdate = off);
create index resource_date on records.resource (type, date) where date is not null;

-- What a resource was before; kept for ever.
create table records.version (
  shard   integer     not null,
  type    text        not null collate "C",
  id      uuid        not null,
  version integer     not null,
  subject uuid,
  updated timestamptz not null,
  deleted boolean     not null,
  content bytea       not null,
  primary key (shard, type, id, version)
);
