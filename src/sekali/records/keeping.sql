-- name: keep
-- Rows, where keys and consents are as thought and what is referred to is there. See migration 0026.
select k.kept, k.keys, k.closed, k.lost, null::boolean as told
from records.keep($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) k
