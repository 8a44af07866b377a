-- name: add_facility
-- A puskesmas or a hospital.
insert into care.facility (id, ppk, name, kind, class, address, district, city_code, latitude, longitude, zone, phone, demo)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)

-- name: add_hours
-- When it is open.
insert into care.hours (facility, day, opens, closes) values ($1, $2, $3, $4)

-- name: add_department
-- A department of it.
insert into care.department (id, facility, code, name, letter, daily_capacity, general) values ($1, $2, $3, $4, $5, $6, $7)

-- name: facilities
-- All facilities: a city has some dozens.
select id, ppk, name, kind, class as hospital_class, address, district, city_code, latitude, longitude, zone, phone, demo
from care.facility order by kind, name

-- name: hours
-- All opening hours.
select facility, day, opens, closes from care.hours order by facility, day, opens

-- name: departments
-- Departments and the places taken today: visits of today, and accepted referrals that have not arrived yet.
select d.id, d.facility, d.code, d.name, d.letter, d.daily_capacity, d.general,
  ((select count(*) from care.visit v
    where v.facility = d.facility and v.department = d.id and v.status <> 'cancelled'
      and v.day = ($3::timestamptz at time zone f.zone)::date)
   + (select count(*) from care.referral r
    where r.to_facility = d.facility and r.department_code = d.code and r.status = 'accepted' and r.used_at is null
      and (r.answered_at at time zone f.zone)::date = ($3::timestamptz at time zone f.zone)::date))::int as taken_today
from care.department d join care.facility f on f.id = d.facility
where ($1::uuid is null or d.facility = $1) and ($2::text is null or d.code = $2)
order by d.general desc, d.name

-- name: department_names
-- What each code is called.
select code, min(name) as name from care.department group by code order by 2
