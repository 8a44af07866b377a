-- Search by every parameter of R4, in an order that stays stable while others write.
-- What has no clinical date stands at -infinity, so that one index serves ranges and order.
update records.resource set date = '-infinity' where date is null;
alter table records.resource alter column date set not null;
drop index records.resource_date;
create index resource_date on records.resource (type, date, id);
create index resource_updated on records.resource (type, updated, id);
-- A chart of any length, newest first.
create index resource_chart on records.resource (subject, date, id) where subject is not null;
-- Common codes must be known as common, or the planner walks the wrong index.
alter table records.resource alter column tokens set statistics 300;
-- All versions of a kind and of the server, newest first (history at three levels, `_since`).
create index version_updated on records.version (type, updated, id);
