-- Which numbers of which streams are not there, and why.

SELECT pg_advisory_xact_lock(8387229094112226405);
SELECT set_config('telltale.audit_maintenance', 'on', false);

SET ROLE audit_owner;

CREATE OR REPLACE FUNCTION audit.find_gaps(grace interval DEFAULT '5 minutes')
RETURNS TABLE (
  stream_id text, service_name text, first_missing bigint, last_missing bigint, state text, stream_end text,
  before_record_id uuid, before_sequence bigint, before_recorded_at timestamptz,
  after_record_id uuid, after_sequence bigint, after_recorded_at timestamptz, explained_by uuid
)
-- plpgsql, because only its RETURN QUERY counts with several processes.
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $$
#variable_conflict use_column
BEGIN
  RETURN QUERY
  WITH ends AS MATERIALIZED (
    -- A stream ends by its own last record, or by what a later boot says that it found.
    SELECT DISTINCT ON (e.stream_id) e.* FROM (
      SELECT r.stream_id, r.sequence_number AS last_sequence, true AS clean, r.recorded_at, r.record_id
      FROM audit.records r
      WHERE r.event_name = 'telltale.audit.trail.stopped' AND r.details ->> 'clean' = 'true' AND r.stream_id IS NOT NULL
      UNION ALL
      SELECT r.details ->> 'stream', CASE WHEN r.details ->> 'lastSequence' ~ '^[0-9]{1,18}$' THEN (r.details ->> 'lastSequence')::bigint END,
        false, r.recorded_at, r.record_id
      FROM audit.records r
      WHERE r.event_name = 'telltale.audit.trail.stopped' AND r.details ->> 'clean' = 'false' AND r.details ->> 'stream' IS NOT NULL
    ) e ORDER BY e.stream_id, e.last_sequence DESC NULLS LAST
  ), explained AS MATERIALIZED (
    SELECT r.details ->> 'stream' AS stream_id, (r.details ->> 'sequence')::bigint AS number, 'parked' AS kind, r.record_id
    FROM audit.records r
    WHERE r.event_name = 'telltale.audit.record.parked' AND r.details ->> 'sequence' ~ '^[0-9]{1,18}$' AND r.details ->> 'stream' IS NOT NULL
    UNION ALL
    SELECT q.stream_id, q.sequence_number, 'quarantined', q.record_id
    FROM audit.quarantine q WHERE q.stream_id IS NOT NULL AND q.sequence_number IS NOT NULL
  ), known AS (
    SELECT r.stream_id, count(*) AS numbers, sum(r.sequence_number) AS total, max(r.sequence_number) AS highest
    FROM audit.records r WHERE r.stream_id IS NOT NULL AND r.sequence_number IS NOT NULL GROUP BY r.stream_id
    UNION ALL
    SELECT t.stream_id, sum(t.last_sequence - t.first_sequence + 1),
      sum((t.first_sequence + t.last_sequence)::numeric * (t.last_sequence - t.first_sequence + 1) / 2), max(t.last_sequence)
    FROM audit.retained_streams t GROUP BY t.stream_id
    UNION ALL
    SELECT e.stream_id, 0, 0, max(e.number) FROM explained e GROUP BY e.stream_id
    UNION ALL
    SELECT e.stream_id, 0, 0, e.last_sequence FROM ends e
  ), incomplete AS MATERIALIZED (
    -- A stream without gaps holds 1 to n: n numbers that sum up to n * (n + 1) / 2. All others are looked through.
    SELECT k.stream_id, max(k.highest) AS highest FROM known k GROUP BY k.stream_id
    HAVING sum(k.numbers) <> max(k.highest) OR sum(k.total) <> max(k.highest)::numeric * (max(k.highest) + 1) / 2
  ), spans AS (
    SELECT r.stream_id, r.sequence_number AS first, r.sequence_number AS last, NULL::text AS kind, NULL::uuid AS record_id
    FROM incomplete i JOIN audit.records r ON r.stream_id = i.stream_id AND r.sequence_number IS NOT NULL
    UNION ALL
    SELECT t.stream_id, t.first_sequence, t.last_sequence, NULL, NULL
    FROM incomplete i JOIN audit.retained_streams t ON t.stream_id = i.stream_id
    UNION ALL
    SELECT DISTINCT ON (e.stream_id, e.number) e.stream_id, e.number, e.number, e.kind, e.record_id
    FROM incomplete i JOIN explained e ON e.stream_id = i.stream_id
    WHERE NOT EXISTS (SELECT FROM audit.records r WHERE r.stream_id = e.stream_id AND r.sequence_number = e.number)
    UNION ALL
    SELECT i.stream_id, i.highest + 1, i.highest + 1, 'end', NULL FROM incomplete i
  ), ordered AS (
    SELECT s.*, coalesce(max(s.last) OVER (PARTITION BY s.stream_id ORDER BY s.first, s.last ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM spans s
  ), holes AS (
    SELECT o.stream_id, o.before + 1 AS first_missing, o.first - 1 AS last_missing, NULL::text AS kind, NULL::uuid AS record_id
    FROM ordered o WHERE o.first > o.before + 1
    UNION ALL
    SELECT o.stream_id, o.first, o.last, o.kind, o.record_id FROM ordered o WHERE o.kind IN ('parked', 'quarantined')
  )
  SELECT h.stream_id, coalesce(a.service_name, b.service_name), h.first_missing, h.last_missing,
    CASE
      WHEN h.kind IS NOT NULL THEN h.kind
      -- What shows that the number was given: the record after it, else the announced end.
      WHEN coalesce(a.recorded_at, e.recorded_at) > now() - grace THEN 'in flight'
      WHEN e.stream_id IS NULL THEN 'overdue'
      ELSE 'missing'
    END,
    CASE WHEN e.stream_id IS NULL THEN 'open' WHEN e.clean THEN 'clean' ELSE 'unclean' END,
    b.record_id, b.sequence_number, b.recorded_at, a.record_id, a.sequence_number, a.recorded_at, h.record_id
  FROM holes h
  LEFT JOIN ends e ON e.stream_id = h.stream_id
  LEFT JOIN LATERAL (SELECT r.record_id, r.sequence_number, r.recorded_at, r.service_name FROM audit.records r
    WHERE r.stream_id = h.stream_id AND r.sequence_number < h.first_missing ORDER BY r.sequence_number DESC LIMIT 1) b ON true
  LEFT JOIN LATERAL (SELECT r.record_id, r.sequence_number, r.recorded_at, r.service_name FROM audit.records r
    WHERE r.stream_id = h.stream_id AND r.sequence_number > h.last_missing ORDER BY r.sequence_number LIMIT 1) a ON true
  UNION ALL
  SELECT t.stream_id, NULL, t.first_sequence, t.last_sequence, 'retained',
    CASE WHEN e.stream_id IS NULL THEN 'open' WHEN e.clean THEN 'clean' ELSE 'unclean' END,
    NULL, NULL, NULL, NULL, NULL, NULL, d.record_id
  FROM audit.retained_streams t
  LEFT JOIN audit.retained d ON d.partition = t.partition
  LEFT JOIN ends e ON e.stream_id = t.stream_id;
END
$$;
COMMENT ON FUNCTION audit.find_gaps IS 'The numbers of streams that have no record, as ranges, and why. What the next record shows to be missing for less than grace is in flight.';

CREATE OR REPLACE VIEW audit.gaps AS SELECT * FROM audit.find_gaps();
COMMENT ON VIEW audit.gaps IS 'The numbers of streams that have no record, as ranges with their neighbours. State missing needs an explanation; the others have one. audit.find_gaps(grace) does the same with another time of grace than 5 minutes.';
COMMENT ON COLUMN audit.gaps.stream_id IS 'The stream.';
COMMENT ON COLUMN audit.gaps.service_name IS 'service.name of a neighbour.';
COMMENT ON COLUMN audit.gaps.first_missing IS 'First number without a record.';
COMMENT ON COLUMN audit.gaps.last_missing IS 'Last number without a record.';
COMMENT ON COLUMN audit.gaps.state IS 'in flight: younger than 5 minutes. overdue: the stream is open, its producer''s spool may hold them. missing: the stream has ended, nobody will bring them. parked: refused, and kept by the producer. quarantined: in audit.quarantine. retained: gone with their month.';
COMMENT ON COLUMN audit.gaps.stream_end IS 'open: it may go on. clean: it said that it stops. unclean: a later boot found it without an end.';
COMMENT ON COLUMN audit.gaps.before_record_id IS 'The nearest record before them.';
COMMENT ON COLUMN audit.gaps.before_sequence IS 'Its number.';
COMMENT ON COLUMN audit.gaps.before_recorded_at IS 'When it was stored.';
COMMENT ON COLUMN audit.gaps.after_record_id IS 'The nearest record after them. NULL if there is none: then the end of the stream was announced beyond it.';
COMMENT ON COLUMN audit.gaps.after_sequence IS 'Its number.';
COMMENT ON COLUMN audit.gaps.after_recorded_at IS 'When it was stored.';
COMMENT ON COLUMN audit.gaps.explained_by IS 'parked: the record that says so. quarantined: the id of the record, where it could be read. retained: the record of the retention.';

REVOKE ALL ON FUNCTION audit.find_gaps FROM PUBLIC;
GRANT EXECUTE ON FUNCTION audit.find_gaps TO audit_auditor;
GRANT SELECT ON audit.gaps TO audit_auditor;

RESET ROLE;

INSERT INTO audit.schema_migrations (version, name) VALUES (8, 'gaps') ON CONFLICT DO NOTHING;
SELECT set_config('telltale.audit_maintenance', 'off', false);
