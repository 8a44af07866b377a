-- The operators' emergency accounts: why, by whose hand, until when, what was done with each, and who has been told of it.

create table security.emergency_account (
  account    uuid        primary key,
  reason     text        not null,
  made_by    text        not null,           -- the account of the operating system that was at the terminal
  made_at    timestamptz not null,
  ends_at    timestamptz not null,
  code       bytea       unique,             -- the mark of the printed code; null once it was used
  entered_at timestamptz
);

create table security.emergency_deed (
  account uuid        not null,
  at      timestamptz not null,
  what    text        not null,
  about   text        not null
);
create index emergency_deed_account on security.emergency_deed (account, at);

create table security.emergency_told (
  account   uuid        not null,
  reader    uuid        not null,            -- the facility head or auditor who has read of it
  at        timestamptz not null,
  primary key (account, reader)
);
