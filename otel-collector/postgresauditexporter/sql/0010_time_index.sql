-- What happened in a stretch of time, by kind and by result: the index by time answers that by itself.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

-- In the place of one by the time alone, which it does all the work of: an index more would cost every insert. Looking
-- for one event or for failures, PostgreSQL reads the rows of that event or those failures, and of the others the
-- entries of this index only.
-- Nobody can write while it is made (readers can): docs/guide/audit-keeper.md says how long, and how to have it made
-- beforehand, partition by partition with CREATE INDEX CONCURRENTLY; what is there already is taken over here.
CREATE INDEX IF NOT EXISTS records_time_idx ON audit.records (occurred_at, event_name, outcome);
DROP INDEX IF EXISTS audit.records_occurred_at_idx;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (10, 'time_index') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
