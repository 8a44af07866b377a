-- name: named
-- The account of a name.
select id, username, password_hash, name, role, facility, facility_name, zone, citizen, failures, locked_until
from security.account where username = $1

-- name: of
-- The account of an id.
select id, username, password_hash, name, role, facility, facility_name, zone, citizen, failures, locked_until
from security.account where id = $1

-- name: held
-- The account of an id, held until the transaction ends.
select id, username, password_hash, name, role, facility, facility_name, zone, citizen, failures, locked_until
from security.account where id = $1 for update

-- name: add
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

-- name: set_password
-- Another password.
update security.account set password_hash = $2 where id = $1
