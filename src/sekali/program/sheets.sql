-- name: instruments
-- All versions of instruments.
select id, kind, version, name, source, adopted_at, content from program.instrument
where $1::text is null or kind = $1 order by kind, version desc limit 200

-- name: instrument
-- One version.
select id, kind, version, name, source, adopted_at, content from program.instrument where id = $1

-- name: add_instrument
-- A new draft: the next version of its kind.
insert into program.instrument (id, kind, version, name, content, source)
select $1, $2, coalesce(max(version), 0) + 1, $3, $4::jsonb, $5 from program.instrument where kind = $2

-- name: change_draft
-- A draft, written again.
update program.instrument set name = $2, content = $3::jsonb, source = $4 where id = $1 and adopted_at is null

-- name: adopt
-- From now on it never changes.
update program.instrument set adopted_at = $2 where id = $1 and adopted_at is null

-- name: sheets
-- Filled-in sheets of an occasion.
select id, occasion, part, region, scorer, scorer_name, instrument, version, final, answers, note, updated_at
from program.sheet where occasion = $1 and ($2::text is null or part = $2) and ($3::uuid is null or region = $3)
order by id limit 20000

-- name: sheet
-- One sheet.
select id, occasion, part, region, scorer, scorer_name, instrument, version, final, answers, note, updated_at
from program.sheet where occasion = $1 and part = $2 and region = $3 and scorer = $4

-- name: lock_sheet
-- One sheet, for a change.
select id, version, final, instrument from program.sheet
where occasion = $1 and part = $2 and region = $3 and scorer = $4 for update

-- name: keep_sheet
-- The newest state of a sheet.
insert into program.sheet (id, occasion, part, region, scorer, scorer_name, instrument, version, final, answers, note, updated_at)
values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10::jsonb, $11, $12)
on conflict (occasion, part, region, scorer) do update
set version = excluded.version, final = excluded.final, answers = excluded.answers, note = excluded.note,
    updated_at = excluded.updated_at

-- name: keep_sending
-- Every sending is kept.
insert into program.sheet_version (sheet, version, key, at, actor_name, final, answers, note)
values ($1, $2, $3, $4, $5, $6, $7::jsonb, $8)

-- name: one_at_a_time
-- Whoever sends this sheet waits for the one before; two sheets of one hash only wait for nothing.
select pg_advisory_xact_lock(hashtextextended($1, 0))

-- name: sending
-- What was sent with this key before, and whether it was this sheet.
select v.version, v.final, v.answers::text as answers, v.note,
  (s.occasion, s.part, s.region, s.scorer) = ($2::uuid, $3::text, $4::uuid, $5::uuid) as here
from program.sheet_version v join program.sheet s on s.id = v.sheet where v.key = $1

-- name: history
-- Every sending of a sheet.
select version, at, actor_name, final, note from program.sheet_version where sheet = $1 order by version limit 500

-- name: reopen
-- A final sheet becomes open again, one version on.
update program.sheet set final = false, version = version + 1, updated_at = $2 where id = $1 and final
returning version, answers::text as answers
