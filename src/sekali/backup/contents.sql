-- name: tables
-- Every table that is kept, with its blocks and its size; unlogged ones are only a short memory.
select format('%I.%I', n.nspname, c.relname) as name, n.nspname || '.' || c.relname as plain,
       pg_relation_size(c.oid) / current_setting('block_size')::int as blocks, pg_table_size(c.oid) as bytes
from pg_class c join pg_namespace n on n.oid = c.relnamespace
where c.relkind in ('r', 'm') and c.relpersistence = 'p'
  and n.nspname not in ('pg_catalog', 'information_schema') and n.nspname not like 'pg_toast%'
order by 1

-- name: snapshot
-- The moment of this transaction, for others to see the same.
select pg_export_snapshot()

-- name: only_read
-- All that follows sees one moment.
set transaction isolation level repeatable read, read only

-- name: applied
-- The migrations that this database has seen.
select number, sha256 from kernel.migration order by number

-- name: version
-- Of the server.
show server_version_num
