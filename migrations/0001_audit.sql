-- What was done with whose data, by whom and why. Append-only; each facility, day and writing process has one hash
-- chain (a "stream"), so that a nation's counters do not queue for one head. Holds no name of a citizen, no NIK and no content.
create schema audit;

create table audit.event (
  stream     text        not null,  -- facility/day/process; "system/…" where there is no facility
  seq        integer     not null,  -- 1, 2, 3 … without a gap within the stream
  at         timestamptz not null,
  kind       text        not null,
  actor      uuid        not null,
  actor_name text        not null,
  role       text        not null,
  facility   uuid,
  citizen    uuid,
  purpose    text        not null,
  basis      text        not null,
  what       text        not null,
  detail     text        not null,
  hash       bytea       not null,  -- sha256(hash of the one before || this event in its canonical form)
  primary key (stream, seq)
);
create index event_of_citizen on audit.event (citizen, at desc) where citizen is not null;

create table audit.head (
  stream text    primary key,
  seq    integer not null,
  hash   bytea   not null
);
