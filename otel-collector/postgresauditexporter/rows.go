package postgresauditexporter

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// deepest is how far values may be nested. PostgreSQL's JSON parser gives up some thousand levels
// down, and it would take the whole batch with it.
const deepest = 128

// row is one row of audit.records. A nil pointer is NULL.
type row struct {
	recordID         [16]byte
	eventName        string
	occurredAt       *time.Time
	occurredUnixNano *int64
	actorID          string
	actorType        string
	action           string
	outcome          string
	targetType       *string
	targetID         *string
	sourceID         *string
	sourceType       *string
	tenantID         *string
	requestID        *string
	userAgent        *string
	traceID          *string
	spanID           *string
	serviceName      *string
	schemaVersion    *string
	streamID         *string
	sequenceNumber   *int64
	prevHash         []byte
	evidence         evidence
	ingestedBy       *string
	details          string
	attributes       string
	resource         string
}

// quarantineRow is one row of audit.quarantine.
type quarantineRow struct {
	raw        []byte
	reason     string
	ingestedBy *string
}

// content is what one request brings into the database.
type content struct {
	rows        []row
	quarantined []quarantineRow
}

// toRows turns log records into rows. It depends on nothing but its arguments, so that a record sent
// again gives the same row, and it never fails: what cannot be a row is quarantined.
func toRows(logs plog.Logs, ingestedBy *string) content {
	var made content
	for _, resourceLogs := range logs.ResourceLogs().All() {
		from := readResource(resourceLogs.Resource())
		for _, scopeLogs := range resourceLogs.ScopeLogs().All() {
			for _, record := range scopeLogs.LogRecords().All() {
				built, reason := toRow(from, scopeLogs.Scope(), record)
				if reason != "" {
					made.quarantined = append(made.quarantined, quarantineRow{
						raw:        toRaw(resourceLogs, scopeLogs, record),
						reason:     reason,
						ingestedBy: ingestedBy,
					})
					continue
				}
				built.ingestedBy = ingestedBy
				made.rows = append(made.rows, built)
			}
		}
	}
	return made
}

// resourceView is what all records of one resource have in common.
type resourceView struct {
	resource    pcommon.Resource
	serviceName *string
	tenantID    *string
	asJSON      string
	tooDeep     bool
}

func readResource(resource pcommon.Resource) resourceView {
	view := resourceView{resource: resource, tooDeep: mapIsDeeperThan(resource.Attributes(), deepest)}
	if view.tooDeep {
		return view
	}
	if name, found := resource.Attributes().Get("service.name"); found {
		view.serviceName = toText(name)
	}
	if tenant, found := resource.Attributes().Get("tenant_id"); found {
		view.tenantID = toIndexedText(tenant)
	}
	view.asJSON = mapToJSON(resource.Attributes())
	return view
}

// toRow answers with a row, or with the reason why the record cannot be one.
func toRow(from resourceView, scope pcommon.InstrumentationScope, record plog.LogRecord) (row, string) {
	if from.tooDeep || mapIsDeeperThan(record.Attributes(), deepest) || valueIsDeeperThan(record.Body(), deepest) ||
		mapIsDeeperThan(scope.Attributes(), deepest) {
		return row{}, "nested deeper than 128 levels"
	}

	fields := readAttributes(record.Attributes())
	recordID, reason := parseRecordID(fields.recordID)
	if reason != "" {
		return row{}, reason
	}
	eventName := cutForIndex(printable(record.EventName()))
	if eventName == "" && fields.eventName != nil {
		eventName = *fields.eventName
	}
	if reason := fields.missing(eventName); reason != "" {
		return row{}, reason
	}

	built := row{
		recordID:       recordID,
		eventName:      eventName,
		actorID:        *fields.actorID,
		actorType:      *fields.actorType,
		action:         *fields.action,
		outcome:        *fields.outcome,
		targetType:     fields.targetType,
		targetID:       fields.targetID,
		sourceID:       fields.sourceID,
		sourceType:     fields.sourceType,
		tenantID:       fields.tenantID,
		requestID:      fields.requestID,
		userAgent:      fields.userAgent,
		serviceName:    from.serviceName,
		schemaVersion:  fields.schemaVersion,
		streamID:       fields.streamID,
		sequenceNumber: fields.sequenceNumber,
		prevHash:       fields.prevHash,
		evidence:       evidenceOf(from.resource, scope, record),
		details:        fields.detailsJSON(),
		attributes:     fields.otherJSON(),
		resource:       from.asJSON,
	}
	if built.tenantID == nil {
		built.tenantID = from.tenantID
	}
	built.occurredAt, built.occurredUnixNano = occurred(record, recordID)
	if id := record.TraceID(); !id.IsEmpty() {
		text := id.String()
		built.traceID = &text
	}
	if id := record.SpanID(); !id.IsEmpty() {
		text := id.String()
		built.spanID = &text
	}
	return built, ""
}

// toRaw keeps a record whole, in the one encoding that holds whatever OTLP can say.
func toRaw(resourceLogs plog.ResourceLogs, scopeLogs plog.ScopeLogs, record plog.LogRecord) []byte {
	single := plog.NewLogs()
	toResource := single.ResourceLogs().AppendEmpty()
	resourceLogs.Resource().CopyTo(toResource.Resource())
	toResource.SetSchemaUrl(resourceLogs.SchemaUrl())
	toScope := toResource.ScopeLogs().AppendEmpty()
	scopeLogs.Scope().CopyTo(toScope.Scope())
	toScope.SetSchemaUrl(scopeLogs.SchemaUrl())
	record.CopyTo(toScope.LogRecords().AppendEmpty())

	marshaler := plog.ProtoMarshaler{}
	raw, err := marshaler.MarshalLogs(single)
	if err != nil {
		// Marshalling to memory has no error of its own; the interface merely allows for one.
		return []byte{}
	}
	return raw
}
