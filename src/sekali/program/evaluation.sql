-- name: evaluations
-- Every round.
select id, year, round, name, instrument, published_at, rehearsal from program.evaluation
order by year desc, round desc, rehearsal limit 200

-- name: open
-- A new round.
insert into program.evaluation (id, year, round, name, instrument, rehearsal) values ($1, $2, $3, $4, $5, $6)

-- name: publish
-- Seen by everyone, or no longer.
update program.evaluation set published_at = $2 where id = $1

-- name: published_before
-- The newest final of each region that was published elsewhere before a year; where sources disagree, the one told first.
select distinct on (region) region, year, value from program.figure
where name = $1 and year < $2 and region is not null order by region, year desc, id

-- name: evidence
-- Which of these files a region keeps.
select id from program.evidence where region = $1 and id = any($2::uuid[])
