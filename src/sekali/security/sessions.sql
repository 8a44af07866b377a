-- name: open
-- A new session; those that ended go, and the oldest of the account when there are too many.
with ended as (delete from security.session where expires_at < $3),
surplus as (
  delete from security.session where token_hash in (
    select token_hash from security.session where account = $2 order by created_at desc offset $7
  )
)
insert into security.session (token_hash, account, created_at, expires_at, used_at, address, browser)
values ($1, $2, $3, $4, $3, $5, $6)

-- name: actor
-- Who a session belongs to, and that it was used (noted once a minute).
with used as (
  update security.session set used_at = $2
  where token_hash = $1 and used_at > $3 and used_at < $2::timestamptz - interval '1 minute'
)
select a.id, a.name, a.role, a.facility, a.facility_name, a.zone, a.citizen
from security.session s join security.account a on a.id = s.account
where s.token_hash = $1 and s.expires_at > $2 and s.used_at > $3

-- name: close
-- The end of a session.
delete from security.session where token_hash = $1

-- name: of_account
-- The sessions of an account that are open, the one used last first.
select encode(token_hash, 'hex') as id, token_hash = $2 as here, created_at, used_at, address, browser
from security.session where account = $1 and expires_at > $3 and used_at > $4 order by used_at desc

-- name: close_one
-- The end of a session of this account.
delete from security.session where account = $1 and encode(token_hash, 'hex') = $2 returning true

-- name: close_others
-- The end of all sessions of an account but one; how many.
with ended as (delete from security.session where account = $1 and token_hash is distinct from $2 returning true)
select count(*) from ended
