-- name: keepers
-- Whose something sensitive is to see, and what the person's consent opens.
select origin, addressee, records.opened(subject, $4, $5) as opened from records.resource
where shard = $1 and type = $2 and id = $3

-- name: shown
-- For which facilities something is there for a purpose.
select k.facility from unnest($4::uuid[]) k(facility)
join records.resource r on r.shard = $1 and r.type = $2 and r.id = $3
where r.sensitive = 0 or records.shown(r.sensitive, r.origin, r.addressee, r.subject, k.facility, $5)
