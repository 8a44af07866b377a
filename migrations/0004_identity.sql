-- Who a person is: an index over the Patient resources, kept in step inside the transaction that writes them.
create schema identity;

-- One person per NIK, JKN number and card is this primary key, never a look before the insert. The hash keeps the key
-- narrow and evenly spread; it is not a protection (a NIK can be guessed through).
create table identity.identifier (
  value_hash uuid    not null,
  system     text    not null collate "C",
  shard      integer not null,
  citizen    uuid    not null,
  primary key (value_hash, system)
);
create index identifier_citizen on identity.identifier (shard, citizen);

create table identity.citizen (
  shard       integer not null,
  id          uuid    not null,
  name_key    text    not null,   -- lower case, no accents or titles
  birth_date  date,
  family_hash uuid,               -- of the KK number
  mother_hash uuid,               -- of the mother's NIK (a newborn has none of its own)
  primary key (shard, id)
);
create index citizen_birth_date on identity.citizen (birth_date);
create index citizen_family on identity.citizen (family_hash) where family_hash is not null;
create index citizen_mother on identity.citizen (mother_hash) where mother_hash is not null;
