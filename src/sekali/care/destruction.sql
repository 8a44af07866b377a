-- name: candidates
-- Some of a facility's people in the order of their ids, and whether they are not proposed here and the working lists know
-- nothing of them since a moment.
select r.citizen, not exists (select from care.visit v where v.citizen = r.citizen and v.arrived_at >= $3)
  and not exists (select from care.referral f where f.citizen = r.citizen and f.requested_at >= $3)
  and not exists (select from care.proposal p where p.citizen = r.citizen and p.facility = $1) as quiet
from (
  select citizen from care.relation where facility = $1 and citizen > $2 order by citizen limit $4
) r order by r.citizen

-- name: running
-- Those of some people of whom something is not over: a duty, a visit, a referral, an emergency, a guardian; or who are held.
select p.id, case
  when exists (select from care.hold h where h.citizen = p.id and h.ended_at is null) then 'held'
  when exists (select from care.duty d where d.citizen = p.id and d.ended_at is null)
    or exists (select from care.concerned c join care.duty d on d.id = c.duty where c.citizen = p.id and d.ended_at is null)
    then 'duty'
  when exists (select from care.visit v where v.citizen = p.id and v.status in ('arrived', 'in-progress')) then 'visit'
  when exists (
    select from care.referral f where f.citizen = p.id and f.used_at is null and f.status in ('requested', 'accepted')
      and f.expires_on >= $2
  ) then 'referral'
  when exists (select from care.emergency e where e.citizen = p.id and (e.verdict = '' or e.ends_at > $3)) then 'emergency'
  when exists (
    select from care.guardian g where p.id in (g.citizen, g.guardian) and g.ended_at is null and g.until >= $2
  ) then 'guardian'
end as why
from unnest($1::uuid[]) p(id)

-- name: last
-- When the working lists last knew something of some people.
select p.id, greatest(
  (select max(greatest(v.arrived_at, v.started_at, v.finished_at)) from care.visit v where v.citizen = p.id),
  (select max(greatest(f.requested_at, f.answered_at, f.used_at)) from care.referral f where f.citizen = p.id),
  (select max(e.opened_at) from care.emergency e where e.citizen = p.id)
) as at
from unnest($1::uuid[]) p(id)

-- name: elsewhere
-- Those of some people who are proposed at another facility.
select citizen from care.proposal where citizen = any($1::uuid[]) and facility <> $2

-- name: propose
-- The head is asked to confirm.
insert into care.proposal (citizen, facility, proposed_by, by_name, proposed_at, last_visit)
values ($1, $2, $3, $4, $5, $6) on conflict do nothing returning citizen

-- name: proposals
-- What waits for a facility's head.
select citizen, facility, proposed_by, by_name, proposed_at, last_visit from care.proposal
where facility = $1 order by proposed_at, citizen limit $2

-- name: take
-- One of them, which is the caller's until its transaction ends.
select citizen, facility, proposed_by, by_name, proposed_at, last_visit from care.proposal
where citizen = $1 and facility = $2 for update

-- name: drop
-- It waits no longer.
delete from care.proposal where citizen = $1 and facility = $2 returning citizen

-- name: hold
-- It is still to be used.
insert into care.hold (id, citizen, facility, reason, by_name, begun_at) values ($1, $2, $3, $4, $5, $6)

-- name: unpropose
-- What is held waits for nobody, wherever it was proposed.
delete from care.proposal where citizen = $1

-- name: holds
-- What a facility keeps for longer.
select h.id, h.citizen, h.facility, h.reason, h.end_reason, h.by_name, h.begun_at from care.hold h
where h.facility = $1 and h.ended_at is null order by h.begun_at desc, h.id limit $2

-- name: held
-- One of them.
select citizen from care.hold where id = $1 and facility = $2 and ended_at is null

-- name: release
-- It is used no longer.
update care.hold set ended_at = $3, ended_name = $4, end_reason = $5
where id = $1 and facility = $2 and ended_at is null returning citizen

-- name: forget_duties
-- All that the person asked for.
delete from care.duty where citizen = $1

-- name: forget_concerned
-- And which breaches concerned them.
delete from care.concerned where citizen = $1

-- name: forget_visits
delete from care.visit where citizen = $1

-- name: forget_referrals
delete from care.referral where citizen = $1

-- name: forget_emergencies
delete from care.emergency where citizen = $1

-- name: forget_guardians
-- Of both sides: who was acted for, and whom they acted for.
delete from care.guardian where $1 in (citizen, guardian)

-- name: forget_holds
delete from care.hold where citizen = $1

-- name: forget_proposal
delete from care.proposal where citizen = $1

-- name: forget_relations
-- The last: nobody cares for somebody who is not there.
delete from care.relation where citizen = $1
