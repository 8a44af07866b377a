-- How far the demo city has been loaded, so that a start that was broken off goes on where it stopped.
create schema demo;

create table demo.city (
  one         boolean     primary key default true check (one),
  seed        integer     not null,
  population  integer     not null,
  as_of       date        not null,   -- "today" of the invented histories
  finished_at timestamptz
);

create table demo.batch (
  number    integer primary key,
  resources integer not null
);
