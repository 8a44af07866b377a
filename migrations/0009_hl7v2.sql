-- HL7 v2 over MLLP: who may send, and which messages were taken over.
create schema hl7v2;

-- MLLP has no login: a sender is MSH-3 and MSH-4, coming from one of these networks.
create table hl7v2.sender (
  id                uuid   primary key,          -- the actor in the audit
  application       text   not null,             -- MSH-3
  facility          text   not null,             -- MSH-4
  organization      uuid   not null,
  organization_name text   not null,
  zone              text   not null,             -- of times without an offset
  networks          cidr[] not null check (cardinality(networks) > 0),
  constraint sender_name unique (application, facility)
);

-- A message that was taken over, written in the transaction that kept its resources: the same control id of the same
-- sender is kept once. The digest tells a second sending from another message under a number that was used before.
create table hl7v2.message (
  sender      uuid        not null,
  control_id  text        not null,              -- MSH-10
  event       text        not null,
  digest      bytea       not null,              -- sha256 of all segments but MSH; no content
  received_at timestamptz not null,
  primary key (sender, control_id)
);
