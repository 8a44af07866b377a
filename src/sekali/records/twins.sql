-- name: alike
-- What else of this kind a person has that is as long; the same content is.
select type, id, version, updated, content, subject, deleted from records.resource
where shard = $1 and type = $2 and subject = $3 and id <> $4 and not deleted and length(content) = $5 - case when key = 0 then 31 else 0 end
