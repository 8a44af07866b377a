-- name: editions
-- The edition of each kind's terms, and how far its renewal has come.
select type, edition, updated, id from records.terms

-- name: next
-- Some resources of a kind from after a place.
select shard, type, id, version, updated, tokens, content, subject, deleted, key from records.resource
where type = $1 and (updated, id) > ($2::timestamptz, $3::uuid) and not deleted
order by updated, id limit $4

-- name: renew
-- Terms of the present edition for what nobody changed meanwhile.
update records.resource r set tokens = k.tokens::bigint[]
from unnest($2::int[], $3::uuid[], $4::int[], $5::smallint[], $6::text[]) k(shard, id, version, key, tokens)
where r.shard = k.shard and r.type = $1 and r.id = k.id and r.version = k.version and r.key = k.key

-- name: reached
-- How far the renewal of a kind has come; at its end with the new edition.
insert into records.terms (type, edition, updated, id) values ($1, $2, $3, $4)
on conflict (type) do update set edition = excluded.edition, updated = excluded.updated, id = excluded.id
