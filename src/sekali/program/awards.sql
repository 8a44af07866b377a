-- name: categories
-- The categories of a cohort, in the order of calling.
select id, position, name, rule, how from program.category where cohort = $1 order by position

-- name: awards
-- Every nominee of a cohort.
select a.category, a.participation, p.region, a.place, a.value, a.winner
from program.award a join program.category c on c.id = a.category join program.participation p on p.id = a.participation
where c.cohort = $1

-- name: clear_awards
-- Before they are computed anew.
delete from program.award a using program.category c where c.id = a.category and c.cohort = $1

-- name: clear_categories
-- Before they are written anew.
delete from program.category where cohort = $1

-- name: add_category
-- One category.
insert into program.category (id, cohort, position, name, rule) values ($1, $2, $3, $4, $5::jsonb)

-- name: explain
-- How its nominees were computed.
update program.category set how = $2::jsonb where id = $1

-- name: add_award
-- One nominee.
insert into program.award (category, participation, place, value, winner) values ($1, $2, $3, $4, $5)

-- name: ceremony
-- How far the ceremony is.
select revealed, version from program.ceremony where cohort = $1

-- name: open_ceremony
-- It begins, if nobody else was faster.
insert into program.ceremony (cohort, revealed, version) values ($1, 0, 1) on conflict do nothing

-- name: move
-- One step, if nobody else was faster.
update program.ceremony set revealed = $2, version = version + 1 where cohort = $1 and version = $3

-- name: publish
-- Results are public, or no longer.
update program.cohort set published_at = $2 where id = $1

-- name: add_step
-- Every step is kept.
insert into program.ceremony_event (id, cohort, at, actor_name, action, revealed) values ($1, $2, $3, $4, $5, $6)

-- name: steps
-- All steps.
select at, actor_name, action, revealed from program.ceremony_event where cohort = $1 order by id desc limit 500

-- name: lock_cohort
-- One hand at a time gives numbers.
select id from program.cohort where id = $1 for update

-- name: certificates_count
-- How many papers a cohort has, withdrawn ones too.
select count(*) from program.certificate t join program.participation p on p.id = t.participation where p.cohort = $1

-- name: certify
-- A paper, once for each reason.
insert into program.certificate (code, participation, category, number, issued_at) values ($1, $2, $3, $4, $5)
on conflict do nothing

-- name: certificates
-- All papers of a cohort.
select t.code, t.number, p.region, p.cohort, c.name as category, t.issued_at, t.withdrawn_at, t.reason
from program.certificate t join program.participation p on p.id = t.participation
left join program.category c on c.id = t.category where p.cohort = $1 order by t.number limit 3000

-- name: certificates_of
-- The papers of one participation.
select t.code, t.number, p.region, p.cohort, c.name as category, t.issued_at, t.withdrawn_at, t.reason
from program.certificate t join program.participation p on p.id = t.participation
left join program.category c on c.id = t.category where t.participation = $1 order by t.number

-- name: certificate
-- One paper.
select t.code, t.number, p.region, p.cohort, c.name as category, t.issued_at, t.withdrawn_at, t.reason
from program.certificate t join program.participation p on p.id = t.participation
left join program.category c on c.id = t.category where t.code = $1

-- name: withdraw
-- A paper no longer holds.
update program.certificate set withdrawn_at = $2, reason = $3 where code = $1 and withdrawn_at is null returning number
