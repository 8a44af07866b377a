-- Subscriptions: what hospitals want to be told of, and the outbox of what has happened since.
create schema subscription;

create table subscription.subscription (
  id            uuid        primary key,
  client        uuid        not null,              -- whose it is: the actor of a client; nobody else may see it
  organization  uuid        not null,              -- whose events it is about
  topic         text        not null,
  filters       text[]      not null,
  channel       text        not null check (channel in ('rest-hook', 'websocket')),
  content       bytea       not null,              -- as it was sent (JSON); status, error and meta are the columns
  base          text        not null,              -- this server's address, as the client knows it
  version       integer     not null,
  updated       timestamptz not null,
  status        text        not null check (status in ('requested', 'active', 'error', 'off')),
  error         text        not null default '',   -- why the last attempt failed, in our own words
  secret        bytea       not null,              -- what notifications are signed with
  former_secret bytea,
  former_until  timestamptz,
  wish          integer     not null default 1,    -- how often the client has said what it wants
  shaken        boolean     not null default false,-- the handshake was taken
  numbered      bigint      not null default 0,    -- the last event that has a number
  delivered     bigint      not null default 0,    -- the last event that was taken over
  failures      integer     not null default 0,    -- in a row
  failing_since timestamptz,
  due_at        timestamptz not null,              -- nothing is tried before
  beat_at       timestamptz,                       -- when to say that we are still there
  ends_at       timestamptz
);
create index subscription_of_client on subscription.subscription (client);

-- The outbox. A row is written in the transaction of what it tells of, and gets its number when it is taken up, so that
-- writers never wait for one another. It names resources; what is in them is read when it is sent.
create table subscription.event (
  subscription uuid        not null,
  place        bigint      generated always as identity,
  number       bigint,
  at           timestamptz not null,
  citizen      uuid,
  focus        text        not null,               -- Type/id
  context      text[]      not null,               -- what comes along
  primary key (subscription, place)
);
create unique index event_number on subscription.event (subscription, number);
create index event_age on subscription.event (at);
