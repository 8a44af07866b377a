-- name: running
-- The account that holds now, if there is one.
select account, ends_at from security.emergency_account where ends_at > $1 limit 1

-- name: add
-- A new one.
insert into security.emergency_account (account, reason, made_by, made_at, ends_at, code) values ($1, $2, $3, $4, $5, $6)

-- name: enter
-- Use a code up; whose it was.
update security.emergency_account set code = null, entered_at = $2 where code = any($1::bytea[]) and ends_at > $2 returning account, ends_at

-- name: end
-- Whatever holds now, holds no longer.
update security.emergency_account set ends_at = $1, code = null where ends_at > $1 returning account

-- name: end_sessions
-- The end of the sessions of these.
delete from security.session where account = any($1::uuid[])

-- name: add_deed
-- What was done.
insert into security.emergency_deed (account, at, what, about) values ($1, $2, $3, $4)

-- name: uses
-- The latest first, with what was done; and when this reader read of it.
select e.account, e.reason, e.made_by, e.made_at, e.ends_at, e.entered_at, t.at as told_at,
  coalesce(array_agg(d.at order by d.at) filter (where d.at is not null), '{}') as times,
  coalesce(array_agg(d.what order by d.at) filter (where d.at is not null), '{}') as whats,
  coalesce(array_agg(d.about order by d.at) filter (where d.at is not null), '{}') as abouts
from security.emergency_account e
left join security.emergency_told t on t.account = e.account and t.reader = $1
left join security.emergency_deed d on d.account = e.account
group by e.account, t.at order by e.made_at desc limit $2

-- name: told
-- This reader has read all of one.
insert into security.emergency_told (account, reader, at) select account, $2, $3 from security.emergency_account
where account = $1 on conflict (account, reader) do update set at = excluded.at returning true

-- name: state
-- What an operator needs to know of the doors: who rests, who is in, how large it all is.
select (select count(*) from security.account where locked_until > $1) as resting,
  (select count(distinct account) from security.session where expires_at > $1) as inside,
  pg_database_size(current_database()) as bytes
