-- name: add
-- A passkey of an account.
insert into security.passkey (id, account, public_key, uses, name, added_at) values ($1, $2, $3, $4, $5, $6)

-- name: of_account
-- The passkeys of an account, the oldest first.
select id, name, added_at, used_at from security.passkey where account = $1 order by added_at

-- name: held
-- A passkey, held until the transaction ends.
select id, account, public_key, uses from security.passkey where id = $1 for update

-- name: used
-- A passkey was used; the authenticator's own count.
update security.passkey set uses = $2, used_at = $3 where id = $1

-- name: remove
-- A passkey of this account.
delete from security.passkey where account = $1 and id = $2 returning name

-- name: remove_all
-- All passkeys of an account; how many.
with gone as (delete from security.passkey where account = $1 returning true) select count(*) from gone
