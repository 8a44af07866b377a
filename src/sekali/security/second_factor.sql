-- name: add
-- The second factor of an account; one that was there is replaced.
insert into security.second_factor (account, secret, added_at) values ($1, $2, $3)
on conflict (account) do update set secret = excluded.secret, added_at = excluded.added_at

-- name: secret
-- The sealed secret of an account.
select secret from security.second_factor where account = $1

-- name: add_recovery
-- A recovery code.
insert into security.recovery_code (account, code_hash) values ($1, $2)

-- name: drop_recovery
-- All recovery codes of an account.
delete from security.recovery_code where account = $1

-- name: use_recovery
-- Use a recovery code, once.
delete from security.recovery_code where account = $1 and code_hash = any($2::bytea[]) returning true

-- name: remove
-- The second factor of an account.
delete from security.second_factor where account = $1 returning true

-- name: state
-- Since when an account has a second factor, and how many recovery codes are left.
select f.added_at, (select count(*) from security.recovery_code r where r.account = f.account) as unused
from security.second_factor f where f.account = $1
