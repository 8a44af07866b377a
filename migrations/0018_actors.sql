-- Better proofs of who comes in: signed assertions, second factors, passkeys; and sessions that their owner can see.

-- Public keys of a facility's system (SMART Backend Services). Several at once, so that they can be replaced.
create table security.client_key (
  client   text        not null,
  kid      text        not null,
  jwk      text        not null,             -- the public part only
  added_at timestamptz not null,
  primary key (client, kid)
);
alter table security.client alter column secret_hash drop not null;  -- a client with keys may have no secret

-- What works once: numbers of assertions, codes of the second factor, challenges of passkeys.
create table security.spent (
  what  text        not null,                -- which kind, and of whom
  mark  bytea       not null,                -- sha256 of it
  until timestamptz not null,                -- after it the thing would be refused for its age
  primary key (what, mark)
);
create index spent_until on security.spent (until);

-- The second factor of an account (RFC 6238).
create table security.second_factor (
  account  uuid        primary key,
  secret   bytea       not null,             -- AES-256-GCM, bound to the account
  added_at timestamptz not null
);
create table security.recovery_code (
  account   uuid  not null,
  code_hash bytea not null,
  primary key (account, code_hash)
);

create table security.passkey (
  id         bytea       primary key,        -- the authenticator's own id of it
  account    uuid        not null,
  public_key bytea       not null,           -- COSE
  uses       bigint      not null,           -- the authenticator's count, or 0
  name       text        not null,
  added_at   timestamptz not null,
  used_at    timestamptz
);
create index passkey_account on security.passkey (account);

-- Where and when a session was used, for its owner's page and the idle end.
alter table security.session
  add column used_at timestamptz not null default now(),
  add column address text not null default '',
  add column browser text not null default '';
create index session_account on security.session (account);
