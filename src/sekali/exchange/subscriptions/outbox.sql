-- name: add
-- Events, each of a subscription that is still there; whoever sends is told which when this transaction is on disk.
with added as (
  insert into subscription.event (subscription, at, citizen, focus, context)
  select e.subscription, $6, e.citizen, e.focus, string_to_array(e.context, ' ')
  from unnest($1::uuid[], $2::int[], $3::uuid[], $4::text[], $5::text[]) e(subscription, n, citizen, focus, context)
  where exists (select from subscription.subscription s where s.id = e.subscription and s.status <> 'off')
  order by e.n returning subscription
)
select pg_notify('subscription', id) from (select distinct subscription::text as id from added) one
