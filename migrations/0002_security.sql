-- Who may come in, and as what.
create schema security;

create table security.account (
  id            uuid        primary key,
  username      text        not null,
  password_hash text,                        -- argon2id; null until activated
  name          text        not null,
  role          text        not null,
  facility      uuid,
  facility_name text        not null default '',
  zone          text        not null default 'Asia/Jakarta',
  citizen       uuid,                        -- the person whose own page this opens
  failures      integer     not null default 0,
  locked_until  timestamptz,
  created_at    timestamptz not null default now(),
  constraint account_username unique (username)
);

create table security.session (
  token_hash bytea       primary key,        -- sha256 of the cookie: a copy of this table opens nothing
  account    uuid        not null,
  created_at timestamptz not null,
  expires_at timestamptz not null
);
create index session_expiry on security.session (expires_at);

create table security.invitation (
  code_hash  bytea       primary key,
  citizen    uuid        not null,
  name       text        not null,
  expires_at timestamptz not null
);
create index invitation_citizen on security.invitation (citizen);

create table security.client (
  id                text primary key,        -- client_id of a facility's own system
  secret_hash       bytea not null,          -- sha256: the secret is 256 random bits, not a password
  actor             uuid  not null,
  organization      uuid  not null,
  organization_name text  not null
);

create table security.access_token (
  token_hash bytea       primary key,
  client     text        not null,
  expires_at timestamptz not null
);
create index access_token_expiry on security.access_token (expires_at);

-- Failed attempts by network address, so that many names cannot be tried from one place.
create table security.attempt (
  address    text        not null,
  minute     timestamptz not null,
  failures   integer     not null,
  primary key (address, minute)
);

create table security.key (
  purpose text  primary key,
  secret  bytea not null
);
