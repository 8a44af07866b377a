-- name: add
-- A referral on the working list.
insert into care.referral (shard, id, task, number, citizen, name, birth_date, sex, from_facility, to_facility, department_code,
                           reason, diagnosis, priority, doctor_name, status, requested_at, expires_on)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, 'requested', $16, $17)

-- name: note
-- A referral that a facility's own system wrote over FHIR; a desk's own is there already.
insert into care.referral (shard, id, task, number, citizen, name, birth_date, sex, from_facility, to_facility, department_code,
                           reason, diagnosis, priority, doctor_name, status, requested_at, expires_on)
select $1, $2, null, $3, $4, $5, null, 'unknown', $6, $7, $8, $9, $10, $11, $12, 'draft', $13, $14
where exists (select from care.facility where id = $6) and exists (select from care.facility where id = $7)
on conflict (shard, id) do nothing

-- name: join_task
-- The Task that asks for a referral which had none.
update care.referral set task = $3 where shard = $1 and id = $2 and task is null

-- name: shown
-- What every list shows.
select r.*, f.name as from_name, t.name as to_name,
  coalesce((select d.name from care.department d where d.facility = r.to_facility and d.code = r.department_code),
           r.department_code) as department_name
from care.referral r join care.facility f on f.id = r.from_facility join care.facility t on t.id = r.to_facility and r.task is not null

-- name: of_task
-- The referral of a Task.
select id from care.referral where task = $1

-- name: follow
-- The working list follows the Task.
update care.referral set status = $2, answer = $3, to_facility = coalesce($4, to_facility),
  used_at = case when $2 = 'arrived' then coalesce(used_at, $5) else used_at end,
  answered_at = case when status = 'requested' and $2 <> 'requested' then $5 when $2 = 'requested' then null else answered_at end
where task = $1

-- name: use
-- Use a referral, once: nobody else can have used it in between.
update care.referral set used_at = $3
where shard = $1 and id = $2 and used_at is null and status in ('requested', 'accepted') and expires_on >= $4

-- name: write_back
-- The letter back to the puskesmas.
update care.referral set letter_back = $3 where shard = $1 and id = $2
