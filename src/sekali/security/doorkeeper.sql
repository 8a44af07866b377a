-- name: invite
-- A code that opens an account; an earlier one for the same place no longer works, nor do those that ended.
with old as (
  delete from security.invitation
  where role = $5 and (citizen = $2 or facility = $6) or expires_at < now()
)
insert into security.invitation (code_hash, citizen, name, expires_at, role, facility, facility_name, zone)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: accept_invitation
-- Use a code, once.
delete from security.invitation where code_hash = $1 and expires_at > $2
returning code_hash, citizen, name, role, facility, facility_name, zone

-- name: forget_invitations
-- Codes for somebody; whoever uses one up at this moment is waited for.
delete from security.invitation where citizen = $1

-- name: forget_accounts
-- The accounts of somebody.
delete from security.account where citizen = $1 returning id

-- name: forget_traces
-- All that belongs to accounts which are no more.
with sessions as (delete from security.session where account = any($1::uuid[])),
passkeys as (delete from security.passkey where account = any($1::uuid[])),
links as (delete from security.provider_link where account = any($1::uuid[])),
codes as (delete from security.recovery_code where account = any($1::uuid[]))
delete from security.second_factor where account = any($1::uuid[])

-- name: add_client
-- A facility's own system.
insert into security.client (id, secret_hash, actor, organization, organization_name) values ($1, $2, $3, $4, $5)

-- name: add_operator
-- A system of the operator's own, for bulk jobs.
insert into security.client (id, secret_hash, actor, organization, organization_name, operator)
values ($1, $2, $3, null, $4, true)

-- name: client
-- The system of a client_id.
select id, secret_hash, actor, organization, organization_name, operator from security.client where id = $1

-- name: add_key
-- A public key of a client.
insert into security.client_key (client, kid, jwk, added_at) values ($1, $2, $3, $4)

-- name: drop_keys
-- All public keys of a client.
delete from security.client_key where client = $1

-- name: keys
-- The public keys of a client.
select kid, jwk from security.client_key where client = $1

-- name: end_secret
-- From now on only keys.
update security.client set secret_hash = null where id = $1

-- name: end_tokens
-- All tokens of a client.
delete from security.access_token where client = $1

-- name: system
-- The system that acts under an id.
select id, actor, organization, organization_name, operator from security.client where actor = $1

-- name: make_key
-- The server's own key for a purpose, made once.
insert into security.key (purpose, secret) values ($1, $2) on conflict do nothing

-- name: key
-- The server's own key for a purpose.
select purpose, secret from security.key where purpose = $1
