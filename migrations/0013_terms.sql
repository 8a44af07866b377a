-- By which edition of the index terms the resources of a kind are found, and how far a renewal of them has come
-- (records.renew). A kind that is not here has those of the first edition.
create table records.terms (
  type    text        primary key collate "C",
  edition integer     not null,
  updated timestamptz not null default '1970-01-01Z',  -- the last one renewed
  id      uuid        not null default '00000000-0000-0000-0000-000000000000'
);
