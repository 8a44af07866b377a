-- name: add
-- A new subscription; nothing is tried before every process knows of it.
insert into subscription.subscription (id, client, organization, topic, filters, channel, content, base, version, updated,
                                       status, secret, due_at, ends_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, 1, $9, 'requested', $10, $11, $12)

-- name: count
-- How many a client has. (Under the lock of its caller.)
select count(*) from subscription.subscription where client = $1

-- name: own
-- One of a client's.
select * from subscription.subscription where id = $1 and client = $2

-- name: lock
-- The same, locked until the transaction ends.
select * from subscription.subscription where id = $1 and client = $2 for update

-- name: all_own
-- All of a client's.
select * from subscription.subscription where client = $1 order by id

-- name: one
-- One, for whoever sends.
select * from subscription.subscription where id = $1

-- name: replace
-- What its client wants instead; it is shaken hands with anew.
update subscription.subscription
set topic = $2, filters = $3, channel = $4, content = $5, base = $6, version = version + 1, updated = $7, wish = wish + 1,
    status = $8, error = '', shaken = false, failures = 0, failing_since = null, due_at = $9, ends_at = $10, beat_at = null
where id = $1

-- name: renew
-- A new secret; the former one signs too, for a while.
update subscription.subscription set former_secret = secret, former_until = $3, secret = $2 where id = $1

-- name: open_ones
-- Those that an earlier version kept as they were; what is sealed begins with age's own first line.
select id, secret, former_secret, content from subscription.subscription
where substring(secret from 1 for 22) <> convert_to('age-encryption.org/v1' || chr(10), 'UTF8') for update

-- name: seal
-- What was kept as it was, sealed.
update subscription.subscription set secret = $2, former_secret = $3, content = $4 where id = $1

-- name: remove
-- The end of a subscription.
delete from subscription.subscription where id = $1

-- name: ring
-- Whoever sends, or listens, looks at it anew when this transaction is on disk.
select pg_notify('subscription', $1)

-- name: forget_events
-- And of its events.
delete from subscription.event where subscription = $1

-- name: concerned
-- Who listens for what. (Read at most once a second by each process.)
select id, topic, organization, filters from subscription.subscription where status <> 'off'

-- name: listening
-- Those of a client that go by websocket and are not over.
select * from subscription.subscription where client = $1 and id = any($2::uuid[]) and channel = 'websocket' and status <> 'off'

-- name: due
-- Those for which something is to be sent by POST now.
select s.id from subscription.subscription s
where s.channel = 'rest-hook' and s.status <> 'off' and s.due_at <= $1
  and (not s.shaken or s.beat_at <= $1 or s.delivered < s.numbered
       or exists (select from subscription.event e where e.subscription = s.id and e.number is null))

-- name: hold
-- Nobody else numbers its events until the transaction ends.
select numbered from subscription.subscription where id = $1 for update

-- name: number
-- Number what has happened since, in the order in which it was written down.
with fresh as (
  select place, $2 + row_number() over (order by place) as number from subscription.event
  where subscription = $1 and number is null
), given as (
  update subscription.event e set number = fresh.number from fresh
  where e.subscription = $1 and e.place = fresh.place returning e.number
)
update subscription.subscription set numbered = coalesce((select max(number) from given), numbered)
where id = $1 returning numbered

-- name: events
-- Numbered events of one, from a number to a number.
select number, at, citizen, focus, context from subscription.event
where subscription = $1 and number between $2 and $3 order by number limit $4

-- name: taken
-- The subscriber has taken everything up to a number.
update subscription.subscription
set delivered = greatest(delivered, $2), shaken = true, failures = 0, failing_since = null, error = '', beat_at = $3,
    version = case when status = 'active' then version else version + 1 end,
    updated = case when status = 'active' then updated else $4 end, status = 'active'
where id = $1 and wish = $5 and status <> 'off'

-- name: failed
-- An attempt failed: when to try again, and what the subscription's status is now.
update subscription.subscription
set failures = failures + 1, failing_since = coalesce(failing_since, $2), due_at = $3, error = $4,
    version = case when status = $5 and error = $4 then version else version + 1 end,
    updated = case when status = $5 and error = $4 then updated else $2 end, status = $5
where id = $1 and wish = $6 and status <> 'off'

-- name: skip
-- What was to be sent is kept no longer.
update subscription.subscription set delivered = numbered where id = $1 and delivered < numbered

-- name: over
-- Those whose time is over, or that have failed for too long, are told nothing any more.
update subscription.subscription
set status = 'off', version = version + 1, updated = $1,
    error = case when ends_at <= $1 then 'Its end has come.' else error end
where status <> 'off' and (ends_at <= $1 or (channel = 'rest-hook' and failing_since <= $2))

-- name: trim_old
-- Events are kept for a time.
delete from subscription.event where at < $1

-- name: trim_many
-- And not more than so many of one subscription.
delete from subscription.event e using subscription.subscription s
where e.subscription = s.id and e.number <= s.numbered - $1

-- name: trim_lost
-- Events that came in while their subscription was taken away.
delete from subscription.event e where not exists (select from subscription.subscription s where s.id = e.subscription)
