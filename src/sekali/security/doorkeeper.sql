-- name: account
-- The account of a name.
select id, username, password_hash, name, role, facility, facility_name, zone, citizen, failures, locked_until
from security.account where username = $1

-- name: add_account
-- A new account.
insert into security.account (id, username, password_hash, name, role, facility, facility_name, zone, citizen)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9)

-- name: failed
-- One more wrong password; after the limit the account rests for a while.
update security.account
set failures = case when failures + 1 >= $2 then 0 else failures + 1 end,
    locked_until = case when failures + 1 >= $2 then $3::timestamptz else locked_until end
where id = $1 returning locked_until = $3::timestamptz as locked

-- name: succeeded
-- The right password clears the count.
update security.account set failures = 0, locked_until = null where id = $1

-- name: attempts
-- Wrong passwords from one address since a moment.
select coalesce(sum(failures), 0) from security.attempt where address = $1 and minute >= $2

-- name: add_attempt
-- One more from this address; what is older than a day goes.
with old as (delete from security.attempt where minute < $2::timestamptz - interval '1 day')
insert into security.attempt (address, minute, failures) values ($1, date_trunc('minute', $2::timestamptz), 1)
on conflict (address, minute) do update set failures = security.attempt.failures + 1

-- name: open_session
-- A new session; those that ended go.
with old as (delete from security.session where expires_at < $3)
insert into security.session (token_hash, account, created_at, expires_at) values ($1, $2, $3, $4)

-- name: session
-- Who a session belongs to.
select a.id, a.name, a.role, a.facility, a.facility_name, a.zone, a.citizen
from security.session s join security.account a on a.id = s.account
where s.token_hash = $1 and s.expires_at > $2

-- name: close_session
-- The end of a session.
delete from security.session where token_hash = $1

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
returning citizen, name, role, facility, facility_name, zone

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

-- name: issue_token
-- A new access token; those that ended go.
with old as (delete from security.access_token where expires_at < $3)
insert into security.access_token (token_hash, client, expires_at) values ($1, $2, $4)

-- name: bearer
-- Whose token this is.
select c.id, c.actor, c.organization, c.organization_name, c.operator, t.expires_at
from security.access_token t join security.client c on c.id = t.client
where t.token_hash = $1 and t.expires_at > $2

-- name: system
-- The system that acts under an id.
select id, actor, organization, organization_name, operator from security.client where actor = $1

-- name: make_key
-- The server's own key for a purpose, made once.
insert into security.key (purpose, secret) values ($1, $2) on conflict do nothing

-- name: key
-- The server's own key for a purpose.
select secret from security.key where purpose = $1
