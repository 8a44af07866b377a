-- name: begin
insert into care.guardian (id, citizen, guardian, called, proof, facility, begun_at, until)
values ($1, $2, $3, $4, $5, $6, $7, $8)

-- name: expire
-- One that is over makes room for a new one.
update care.guardian set ended_at = $3 where citizen = $1 and guardian = $2 and ended_at is null and until < $4

-- name: of_citizen
-- Who acts, and acted, for somebody.
select id, citizen, guardian, called, proof, facility, begun_at, until, ended_at from care.guardian
where citizen = $1 order by ended_at is not null, begun_at desc limit $2

-- name: of_guardian
-- For whom somebody acts today.
select id, citizen, guardian, called, proof, facility, begun_at, until, ended_at from care.guardian
where guardian = $1 and ended_at is null and until >= $2 order by begun_at limit $3

-- name: acting
-- Whether somebody acts for another today, and how that is called.
select id from care.guardian where guardian = $1 and citizen = $2 and ended_at is null and until >= $3

-- name: shorten
-- What a RelatedPerson says: it may end or shorten, and never begin or lengthen.
update care.guardian g set until = least(g.until, k.until), ended_at = case when k.over then $4 else g.ended_at end
from unnest($1::uuid[], $2::date[], $3::boolean[]) k(id, until, over)
where g.id = k.id and g.ended_at is null
