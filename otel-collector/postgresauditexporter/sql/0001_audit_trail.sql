-- The audit trail: tables, append-only guards and roles.
--
-- Plain SQL, safe to run again. Run it in one transaction (psql --single-transaction, one query
-- string through a driver, or the exporter with create_schema: true): the lock below then keeps two
-- runs apart. It needs the right to create roles and a schema.

SELECT pg_advisory_xact_lock(8387229094112226405);

-- Roles belong to the whole server, so another database may be creating them at this moment.
DO $$
DECLARE
  role_name text;
BEGIN
  FOREACH role_name IN ARRAY ARRAY['audit_owner', 'audit_writer', 'audit_auditor'] LOOP
    BEGIN
      IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
        EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
      END IF;
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL;
    END;
  END LOOP;
END
$$;

CREATE SCHEMA IF NOT EXISTS audit AUTHORIZATION audit_owner;
COMMENT ON SCHEMA audit IS 'The audit trail: append-only, written through functions only.';

SET ROLE audit_owner;

CREATE TABLE IF NOT EXISTS audit.schema_migrations (
  version    integer PRIMARY KEY,
  name       text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
COMMENT ON TABLE audit.schema_migrations IS 'Which numbered migrations this database has.';
COMMENT ON COLUMN audit.schema_migrations.version IS 'The number at the start of the migration''s file name.';
COMMENT ON COLUMN audit.schema_migrations.name IS 'The rest of the file name.';
COMMENT ON COLUMN audit.schema_migrations.applied_at IS 'When it was applied first.';

-- The id is a UUIDv7, so ranges of ids are ranges of time while the primary key stays unique over
-- all partitions. A key of (id, time) would accept the same id a second time.
CREATE TABLE IF NOT EXISTS audit.records (
  record_id          uuid NOT NULL,
  event_name         text NOT NULL,
  occurred_at        timestamptz NOT NULL,
  occurred_unix_nano bigint,
  recorded_at        timestamptz NOT NULL DEFAULT clock_timestamp(),
  actor_id           text NOT NULL,
  actor_type         text NOT NULL,
  action             text NOT NULL,
  outcome            text NOT NULL,
  target_type        text,
  target_id          text,
  source_id          text,
  source_type        text,
  tenant_id          text,
  request_id         text,
  user_agent         text,
  trace_id           text,
  span_id            text,
  service_name       text,
  schema_version     text,
  stream_id          text,
  sequence_number    bigint,
  prev_hash          bytea,
  hash               bytea NOT NULL,
  evidence           bytea NOT NULL,
  evidence_by        text NOT NULL,
  evidence_format    text NOT NULL,
  ingested_by        text,
  details            jsonb NOT NULL DEFAULT '{}',
  attributes         jsonb NOT NULL DEFAULT '{}',
  resource           jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT records_pkey PRIMARY KEY (record_id),
  CONSTRAINT records_hash_is_sha256 CHECK (octet_length(hash) = 32),
  CONSTRAINT records_evidence_by_known CHECK (evidence_by IN ('producer', 'collector'))
) PARTITION BY RANGE (record_id);

COMMENT ON TABLE audit.records IS 'One row for each audit record. The evidence is the record; the other columns are a view of it for queries: text longer than 1024 bytes is cut in indexed columns, NUL and invalid UTF-8 are escaped.';
COMMENT ON COLUMN audit.records.record_id IS 'audit.record.id: a UUIDv7 made by the producer, the same on every retry.';
COMMENT ON COLUMN audit.records.event_name IS 'The event''s name.';
COMMENT ON COLUMN audit.records.occurred_at IS 'When it happened, to the microsecond. Without a stated time: the observed time, else the time in a UUIDv7, else the time of storing.';
COMMENT ON COLUMN audit.records.occurred_unix_nano IS 'The stated time in nanoseconds since 1970. NULL if none was stated or if it lies after 2262.';
COMMENT ON COLUMN audit.records.recorded_at IS 'When the database took the row, by its own clock.';
COMMENT ON COLUMN audit.records.actor_id IS 'audit.actor.id: who did it.';
COMMENT ON COLUMN audit.records.actor_type IS 'audit.actor.type: user, service or system.';
COMMENT ON COLUMN audit.records.action IS 'audit.action: what was done.';
COMMENT ON COLUMN audit.records.outcome IS 'audit.outcome: success, failure or unknown.';
COMMENT ON COLUMN audit.records.target_type IS 'audit.target.type: the kind of object it was done to.';
COMMENT ON COLUMN audit.records.target_id IS 'audit.target.id: the object it was done to.';
COMMENT ON COLUMN audit.records.source_id IS 'audit.source.id: where it came from, usually an IP address.';
COMMENT ON COLUMN audit.records.source_type IS 'audit.source.type: ipv4, ipv6 or hostname.';
COMMENT ON COLUMN audit.records.tenant_id IS 'tenant_id of the record, else of its resource.';
COMMENT ON COLUMN audit.records.request_id IS 'audit.request.id or request_id.';
COMMENT ON COLUMN audit.records.user_agent IS 'user_agent.original.';
COMMENT ON COLUMN audit.records.trace_id IS 'Trace in which it happened, 32 hexadecimal digits.';
COMMENT ON COLUMN audit.records.span_id IS 'Span in which it happened, 16 hexadecimal digits.';
COMMENT ON COLUMN audit.records.service_name IS 'service.name of the producer''s resource.';
COMMENT ON COLUMN audit.records.schema_version IS 'audit.schema.version.';
COMMENT ON COLUMN audit.records.stream_id IS 'audit.stream.id: the producer''s own sequence of records.';
COMMENT ON COLUMN audit.records.sequence_number IS 'audit.sequence.number: place in the stream, from 1.';
COMMENT ON COLUMN audit.records.prev_hash IS 'audit.sequence.prev_hash: hash of the record before it in the stream. NULL if absent or no SHA-256.';
COMMENT ON COLUMN audit.records.hash IS 'SHA-256 of the evidence.';
COMMENT ON COLUMN audit.records.evidence IS 'The record, byte for byte as it was hashed.';
COMMENT ON COLUMN audit.records.evidence_by IS 'Who made the evidence: producer or collector.';
COMMENT ON COLUMN audit.records.evidence_format IS 'How the evidence is written, for example telltale/0.';
COMMENT ON COLUMN audit.records.ingested_by IS 'The identity under which the producer was let in, if the receiver''s authenticator tells it.';
COMMENT ON COLUMN audit.records.details IS 'audit.details: what belongs to this kind of event.';
COMMENT ON COLUMN audit.records.attributes IS 'The record''s attributes that have no column of their own.';
COMMENT ON COLUMN audit.records.resource IS 'The producer''s resource attributes.';

CREATE INDEX IF NOT EXISTS records_occurred_at_idx ON audit.records (occurred_at);
CREATE INDEX IF NOT EXISTS records_actor_idx ON audit.records (actor_id, occurred_at);
CREATE INDEX IF NOT EXISTS records_target_idx ON audit.records (target_type, target_id, occurred_at);
CREATE INDEX IF NOT EXISTS records_tenant_idx ON audit.records (tenant_id, occurred_at);
CREATE INDEX IF NOT EXISTS records_trace_idx ON audit.records (trace_id);

CREATE TABLE IF NOT EXISTS audit.quarantine (
  raw_hash    bytea PRIMARY KEY,
  raw         bytea NOT NULL,
  reason      text NOT NULL,
  ingested_by text,
  recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT quarantine_raw_hash_is_sha256 CHECK (octet_length(raw_hash) = 32)
);
COMMENT ON TABLE audit.quarantine IS 'Records that cannot be rows of audit.records, kept whole. The same bytes are kept once.';
COMMENT ON COLUMN audit.quarantine.raw_hash IS 'SHA-256 of raw; makes a repeated delivery one row.';
COMMENT ON COLUMN audit.quarantine.raw IS 'The record with its resource and scope as OTLP protobuf (ExportLogsServiceRequest).';
COMMENT ON COLUMN audit.quarantine.reason IS 'What kept it out of audit.records.';
COMMENT ON COLUMN audit.quarantine.ingested_by IS 'The identity under which the producer was let in, if known.';
COMMENT ON COLUMN audit.quarantine.recorded_at IS 'When the database took the row, by its own clock.';

CREATE TABLE IF NOT EXISTS audit.conflicts (
  record_id       uuid NOT NULL,
  hash            bytea NOT NULL,
  stored_hash     bytea NOT NULL,
  evidence        bytea NOT NULL,
  evidence_by     text NOT NULL,
  evidence_format text NOT NULL,
  ingested_by     text,
  recorded_at     timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT conflicts_pkey PRIMARY KEY (record_id, hash)
);
COMMENT ON TABLE audit.conflicts IS 'Records that came under an id already stored with other content. The first one stands in audit.records; the later ones are kept here.';
COMMENT ON COLUMN audit.conflicts.record_id IS 'The id claimed twice.';
COMMENT ON COLUMN audit.conflicts.hash IS 'SHA-256 of the later evidence.';
COMMENT ON COLUMN audit.conflicts.stored_hash IS 'Hash of the record that holds the id.';
COMMENT ON COLUMN audit.conflicts.evidence IS 'The later record, byte for byte as it was hashed.';
COMMENT ON COLUMN audit.conflicts.evidence_by IS 'Who made the evidence: producer or collector.';
COMMENT ON COLUMN audit.conflicts.evidence_format IS 'How the evidence is written.';
COMMENT ON COLUMN audit.conflicts.ingested_by IS 'The identity under which the later producer was let in, if known.';
COMMENT ON COLUMN audit.conflicts.recorded_at IS 'When the database took the row, by its own clock.';

CREATE OR REPLACE FUNCTION audit.refuse_change() RETURNS trigger
LANGUAGE plpgsql SET search_path = pg_catalog, pg_temp AS $$
BEGIN
  RAISE EXCEPTION '%.% is append-only: % refused', TG_TABLE_SCHEMA, TG_TABLE_NAME, TG_OP
    USING ERRCODE = 'insufficient_privilege';
END
$$;
COMMENT ON FUNCTION audit.refuse_change() IS 'Refuses UPDATE, DELETE and TRUNCATE.';

-- ALWAYS, because an ordinary trigger is silent under session_replication_role = replica.
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.records FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.records ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.quarantine FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.quarantine ENABLE ALWAYS TRIGGER append_only;

CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE ON audit.conflicts FOR EACH ROW EXECUTE FUNCTION audit.refuse_change();
ALTER TABLE audit.conflicts ENABLE ALWAYS TRIGGER append_only;

DO $$
DECLARE
  guarded text;
BEGIN
  FOREACH guarded IN ARRAY ARRAY['records', 'quarantine', 'conflicts'] LOOP
    EXECUTE format('CREATE OR REPLACE TRIGGER no_truncate BEFORE TRUNCATE ON audit.%I FOR EACH STATEMENT EXECUTE FUNCTION audit.refuse_change()', guarded);
    EXECUTE format('ALTER TABLE audit.%I ENABLE ALWAYS TRIGGER no_truncate', guarded);
  END LOOP;
END
$$;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (1, 'audit_trail') ON CONFLICT DO NOTHING;
