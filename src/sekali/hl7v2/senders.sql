-- name: find
-- The sender of a name, and the networks that it may come from.
select id, application, facility, organization, organization_name, zone, networks
from hl7v2.sender where application = $1 and facility = $2

-- name: known_address
-- Whether anybody may send from an address.
select exists (select from hl7v2.sender where $1::inet <<= any(networks))

-- name: all
-- All senders.
select id, application, facility, organization, organization_name, zone, networks
from hl7v2.sender order by facility, application

-- name: allow
-- A sender; one that is there gets these networks instead of its own.
insert into hl7v2.sender (id, application, facility, organization, organization_name, zone, networks)
values ($1, $2, $3, $4, $5, $6, $7)
on conflict (application, facility) do update set organization = excluded.organization,
  organization_name = excluded.organization_name, zone = excluded.zone, networks = excluded.networks

-- name: forbid
-- A sender that may no longer send.
delete from hl7v2.sender where application = $1 and facility = $2
