-- name: write
-- One entry of the legal-basis log.
insert into care.retention (id, kind, facility, at, citizen, by_id, by_name, deed, proposed_by, proposer, proposed_at,
                            last_visit, kept_until, years, content)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)

-- name: shown
-- What every list of it shows.
select r.*, f.name as facility_name from care.retention r join care.facility f on f.id = r.facility where r.facility = $1

-- name: of_citizen
-- What was written while a person was there.
select * from care.retention where citizen = $1 for update

-- name: blind
-- The person is destroyed: neither who it was nor what somebody wrote stays.
update care.retention set citizen = null, content = $2 where id = $1

-- name: counts
-- How many of each kind, and how many are held now.
select (select count(*) from care.retention where kind = 'destroyed')::int as destroyed,
       (select count(distinct citizen) from care.hold where ended_at is null)::int as held
