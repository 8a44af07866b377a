-- name: link
-- A log-in at a provider opens an account.
insert into security.provider_link (issuer, subject, account, added_at) values ($1, $2, $3, $4)

-- name: unlink
-- It no longer does.
delete from security.provider_link where account = $1 and issuer = $2 returning true

-- name: linked
-- Whether a log-in there opens an account.
select exists (select from security.provider_link where account = $1 and issuer = $2)

-- name: used
-- Whose account it opens, and that it did.
update security.provider_link set used_at = $3 where issuer = $1 and subject = $2 returning account
