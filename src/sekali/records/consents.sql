-- name: forget
-- What a Consent said.
delete from records.consent where consent = $1

-- name: say
-- A word; the last one of a person about a class, a facility and a purpose counts. A facility's system never reopens what
-- the person closed.
insert into records.consent (subject, facility, purpose, class, permit, until, own, consent)
select $1, k.facility, k.purpose, k.class, k.permit, k.until, $8, $2
from unnest($3::uuid[], $4::text[], $5::smallint[], $6::boolean[], $7::timestamptz[]) k(facility, purpose, class, permit, until)
on conflict (subject, class, facility, purpose) do update
set permit = excluded.permit, until = excluded.until, own = excluded.own, consent = excluded.consent
where excluded.own or not excluded.permit or not records.consent.own or records.consent.permit

-- name: close
-- Behind the seal with everything clinical of a person.
update records.resource set sensitive = sensitive | 1::smallint
where shard = $1 and subject = $2 and type <> all($3::text[]) and sensitive & 1 = 0
