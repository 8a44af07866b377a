-- name: spend
-- Mark something as used; nothing comes back when it was used before. What is too old to matter goes.
with old as (delete from security.spent where until < $4)
insert into security.spent (what, mark, until) values ($1, $2, $3)
on conflict do nothing returning true

-- name: room
-- Whether fewer than so many of a kind are remembered.
select count(*) < $2 from (select from security.spent where what = $1 and until >= $3 limit $2) as remembered
