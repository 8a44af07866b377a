-- name: add
-- A new job.
insert into bulk.job (id, kind, actor, actor_name, role, facility, facility_name, request, asked, folder, attended, moment,
                      state, created_at, expires_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: add_people
-- Whom an export is about.
insert into bulk.person (job, citizen) select $1, * from unnest($2::uuid[]) on conflict do nothing

-- name: live
-- How many jobs somebody has that are not finished. (The lock: two askings at once count one another.)
select count(*) from bulk.job where actor = $1 and state in ('open', 'waiting', 'running') and expires_at > $2

-- name: find
-- A job of somebody.
select * from bulk.job where id = $1 and actor = $2 and state <> 'cancelled' and expires_at > $3

-- name: attended
-- The jobs that commands of somebody began, the newest first.
select * from bulk.job
where actor = $1 and kind = $2 and attended and state in ('waiting', 'running', 'done')
order by created_at desc limit 1000

-- name: submit
-- The manifest has come: what an import is to do.
update bulk.job set asked = $3, request = $4, state = 'waiting'
where id = $1 and actor = $2 and state = 'open' and expires_at > $5 returning id

-- name: next
-- The oldest job that nobody works on; it is the caller's ($1) until its lease ends.
update bulk.job set holder = $1, leased_until = $3, state = 'running'
where id = (
  select id from bulk.job
  where state in ('waiting', 'running') and not attended and id <> all($4::uuid[])
    and (leased_until is null or leased_until < $2) and expires_at > $2
  order by created_at for update skip locked limit 1
) returning *

-- name: take
-- A command takes its own job, whose folder it has locked.
update bulk.job set holder = $2, leased_until = $3, state = 'running'
where id = $1 and attended and state in ('waiting', 'running') returning *

-- name: renew
-- A worker is still there; nothing comes back when the job is no longer its own.
update bulk.job set leased_until = $3, expires_at = greatest(expires_at, $4)
where id = $1 and holder = $2 and state = 'running' returning id

-- name: hold
-- The same inside a transaction, which then nobody can take the job away from.
select id from bulk.job where id = $1 and holder = $2 and state = 'running' for update

-- name: come
-- How far it has come.
update bulk.job set come = $2 where id = $1

-- name: end
-- The end of the work.
update bulk.job set state = $3, problem = $4, expires_at = $5, holder = null, leased_until = null
where id = $1 and holder = $2 and state = 'running'

-- name: give_back
-- A worker that stops lets others go on at once.
update bulk.job set leased_until = null where id = $1 and holder = $2 and state = 'running'

-- name: cancel
-- Whoever asked does not want it any more.
update bulk.job set state = 'cancelled', holder = null, leased_until = null
where id = $1 and actor = $2 and state <> 'cancelled' and expires_at > $3 returning id

-- name: tell
-- Those of some people whom the audit was not told of.
insert into bulk.told (job, citizen) select $1, * from unnest($2::uuid[]) on conflict do nothing returning citizen

-- name: people
-- Whom an export is about, in order.
select citizen from bulk.person where job = $1 and citizen >= $2 order by citizen limit 50

-- name: count_people
-- How many those are.
select count(*) from bulk.person where job = $1

-- name: stale
-- Jobs whose files can go.
select id, folder, attended from bulk.job
where state = 'cancelled' or expires_at < $1 and not (attended and state in ('waiting', 'running'))

-- name: forget
-- The end of a job.
delete from bulk.job where id = $1
