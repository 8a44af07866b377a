-- name: person
-- Whom an export is about.
delete from bulk.person where citizen = $1

-- name: told
-- Of whom the audit of an export was told.
delete from bulk.told where citizen = $1

-- name: event
-- What subscribers were to be told of somebody.
delete from subscription.event where citizen = $1
