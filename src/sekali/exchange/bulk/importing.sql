-- name: add_names
-- What ids become; an id that stands on an earlier line keeps what that became.
insert into bulk.name (job, type, old, new, file, line)
select $1, * from unnest($2::text[], $3::text[], $4::uuid[], $5::int[], $6::bigint[]) on conflict do nothing

-- name: names
-- What some ids have become.
select n.type, n.old, n.new, n.file, n.line from unnest($2::text[], $3::text[]) k(type, old)
join bulk.name n on n.job = $1 and n.type = k.type and n.old = k.old

-- name: forget
-- Ids of lines that could not be taken: nothing may refer to them.
delete from bulk.name n using unnest($2::text[], $3::text[], $4::int[], $5::bigint[]) k(type, old, file, line)
where n.job = $1 and n.type = k.type and n.old = k.old and n.file = k.file and n.line = k.line
