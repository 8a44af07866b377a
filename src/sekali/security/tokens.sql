-- name: issue
-- A new access token; those that ended go.
with old as (delete from security.access_token where expires_at < $3)
insert into security.access_token (token_hash, client, expires_at, scope) values ($1, $2, $4, $5)

-- name: bearer
-- Whose token this is.
select c.id, c.actor, c.organization, c.organization_name, c.operator, t.expires_at, t.scope
from security.access_token t join security.client c on c.id = t.client
where t.token_hash = $1 and t.expires_at > $2
