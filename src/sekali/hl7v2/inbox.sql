-- name: one_at_a_time
-- Messages of one facility are kept one after another, so that a number found missing stays missing.
select pg_advisory_xact_lock(hashtextextended('hl7v2 ' || $1, 0))

-- name: take
-- A control id, once; nothing comes back when it was taken before. Waits for another who takes it at this moment.
insert into hl7v2.message (sender, control_id, event, digest, received_at) values ($1, $2, $3, $4, $5)
on conflict do nothing returning true

-- name: digest
-- What was taken under a control id.
select digest from hl7v2.message where sender = $1 and control_id = $2
