-- The request log: what each client asked lately, for the engineer who connects it. Nothing here is needed for anything
-- else, so it is not written ahead: no request waits for it, and a crash empties it.
create schema exchange;

create unlogged table exchange.request (
  client       text        not null,
  number       bigint      generated always as identity,
  organization uuid,                              -- whose client; none for the operator's
  at           timestamptz not null,
  method       text        not null,
  path         text        not null,              -- of the route: /Patient/{id}, never the id
  parameters   text        not null,              -- names only, blanks between
  status       smallint    not null,
  milliseconds real        not null,
  size         bigint      not null,              -- bytes of the answer
  issues       bytea       not null,              -- of a refusal (JSON): texts and elements
  primary key (client, number)
);
create index request_of_organization on exchange.request (organization, at);
