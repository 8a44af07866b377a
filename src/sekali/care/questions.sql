-- name: ask
-- A question about one entry.
insert into care.question (id, citizen, facility, stream, seq, looked_at, looker, looker_name, looker_role, purpose, parts,
                           reason, asked_at, due_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)

-- name: waiting
-- How many of a citizen's questions wait for an answer.
select count(*) from care.question where citizen = $1 and answered_at is null

-- name: shown
-- What every list shows.
select q.id, q.citizen, q.facility, f.name as facility_name, q.looked_at, q.looker, q.looker_name, q.looker_role, q.purpose,
       q.parts, q.reason, q.asked_at, q.due_at, q.answer, q.answered_at, q.answerer_name
from care.question q join care.facility f on f.id = q.facility

-- name: answer
-- The answer, once.
update care.question set answer = $3, answered_at = $4, answerer = $5, answerer_name = $6
where id = $1 and facility = $2 and answered_at is null returning citizen
