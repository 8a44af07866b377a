-- name: add
-- What came in the last second.
insert into exchange.request (client, organization, at, method, path, parameters, status, milliseconds, size, issues)
select * from unnest($1::text[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::text[], $7::smallint[],
                     $8::real[], $9::bigint[], $10::bytea[])

-- name: trim
-- Only the newest $2 of each of these clients stay.
delete from exchange.request r using (
  select c.client, (
    select number from exchange.request where client = c.client order by number desc offset $2 limit 1
  ) as last from unnest($1::text[]) c(client)
) old where r.client = old.client and r.number <= old.last

-- name: of_client
-- The latest of one client, the newest first.
select client, at, method, path, parameters, status, milliseconds, size, issues from exchange.request
where client = $1 order by at desc, number desc limit $2

-- name: of_organization
-- The latest of all clients of an organization, the newest first.
select client, at, method, path, parameters, status, milliseconds, size, issues from exchange.request
where organization = $1 order by at desc, number desc limit $2
