-- name: page
-- A person's own from after a place, newest first; what has no date is kept at -infinity and comes last.
select * from (
  (select type, id, version, updated, content, subject, deleted, date from records.resource
   where subject = $1 and date >= $2 and date < $3 and date > '-infinity' and (date, id) < ($4, $5)
     and type = any($6::text[]) and updated >= $7 and not deleted
     and (sensitive = 0 or records.shown(sensitive, origin, addressee, subject, $9::uuid, $10::text))
   order by date desc, id desc limit $8)
  union all
  (select type, id, version, updated, content, subject, deleted, date from records.resource
   where subject = $1 and date = '-infinity' and (date, id) < ($4, $5)
     and type = any($6::text[]) and updated >= $7 and not deleted
     and (sensitive = 0 or records.shown(sensitive, origin, addressee, subject, $9::uuid, $10::text))
   order by date desc, id desc limit $8)
) one order by date desc, id desc limit $8

-- name: naming
-- What names a person without being theirs alone (an appointment of two, a family's group).
select type, id, version, updated, content, subject, deleted from records.resource
where tokens && $1::bigint[] and type = any($2::text[]) and subject is distinct from $3 and updated >= $4
  and (date = '-infinity' or date >= $5 and date < $6) and not deleted
  and (sensitive = 0 or records.shown(sensitive, origin, addressee, subject, $8::uuid, $9::text))
order by date desc, id desc limit $7
