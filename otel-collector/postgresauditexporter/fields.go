package postgresauditexporter

import (
	"encoding/base64"
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

const (
	detailsKey    = "audit.details"
	detailsPrefix = "audit.details."
)

// fields are the attributes of a record, sorted by the columns they belong to.
type fields struct {
	recordID, eventName, actorID, actorType, action, outcome *string
	targetType, targetID, sourceID, sourceType               *string
	tenantID, requestID, userAgent                           *string
	schemaVersion, streamID                                  *string
	sequenceNumber                                           *int64
	prevHash                                                 []byte

	details     pcommon.Value
	hasDetails  bool
	flatDetails pcommon.Map
	other       pcommon.Map
}

func readAttributes(attributes pcommon.Map) fields {
	read := fields{flatDetails: pcommon.NewMap(), other: pcommon.NewMap()}
	for key, value := range attributes.All() {
		if read.take(key, value) {
			continue
		}
		if name, found := strings.CutPrefix(key, detailsPrefix); found && name != "" {
			value.CopyTo(read.flatDetails.PutEmpty(name))
			continue
		}
		value.CopyTo(read.other.PutEmpty(key))
	}
	return read
}

// take puts a value where it belongs and says whether there is such a place.
func (f *fields) take(key string, value pcommon.Value) bool {
	switch key {
	case "audit.record.id":
		keepFirst(&f.recordID, toText(value))
	case "event.name":
		keepFirst(&f.eventName, toIndexedText(value))
	case "audit.actor.id":
		keepFirst(&f.actorID, toIndexedText(value))
	case "audit.actor.type":
		keepFirst(&f.actorType, toIndexedText(value))
	case "audit.action":
		keepFirst(&f.action, toIndexedText(value))
	case "audit.outcome":
		keepFirst(&f.outcome, toIndexedText(value))
	case "audit.target.type":
		keepFirst(&f.targetType, toIndexedText(value))
	case "audit.target.id":
		keepFirst(&f.targetID, toIndexedText(value))
	case "audit.source.id":
		keepFirst(&f.sourceID, toIndexedText(value))
	case "audit.source.type":
		keepFirst(&f.sourceType, toIndexedText(value))
	case "tenant_id":
		keepFirst(&f.tenantID, toIndexedText(value))
	case "audit.request.id", "request_id":
		keepFirst(&f.requestID, toIndexedText(value))
	case "user_agent.original":
		keepFirst(&f.userAgent, toText(value))
	case "audit.schema.version":
		keepFirst(&f.schemaVersion, toIndexedText(value))
	case "audit.stream.id":
		keepFirst(&f.streamID, toIndexedText(value))
	case "audit.sequence.number":
		keepFirst(&f.sequenceNumber, toInteger(value))
	case "audit.sequence.prev_hash":
		if f.prevHash == nil {
			f.prevHash = toHash(value)
		}
	case detailsKey:
		if !f.hasDetails {
			f.details, f.hasDetails = value, true
		}
	default:
		return false
	}
	return true
}

// keepFirst lets the first of several equal keys win, as pcommon.Map.Get and OTTL do: the record
// must be stored under the id by which it was routed.
func keepFirst[T any](place **T, value *T) {
	if *place == nil {
		*place = value
	}
}

// missing names the mandatory fields that a record lacks.
func (f *fields) missing(eventName string) string {
	var names []string
	if eventName == "" {
		names = append(names, "event name")
	}
	for _, mandatory := range []struct {
		name  string
		value *string
	}{
		{"audit.actor.id", f.actorID},
		{"audit.actor.type", f.actorType},
		{"audit.action", f.action},
		{"audit.outcome", f.outcome},
	} {
		if mandatory.value == nil {
			names = append(names, mandatory.name)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "missing: " + strings.Join(names, ", ")
}

// detailsJSON joins audit.details and audit.details.*: producers that can only send flat attributes
// use the latter.
func (f *fields) detailsJSON() string {
	if !f.hasDetails {
		return mapToJSON(f.flatDetails)
	}
	switch f.details.Type() {
	case pcommon.ValueTypeEmpty:
		return mapToJSON(f.flatDetails)
	case pcommon.ValueTypeMap:
		if f.flatDetails.Len() == 0 {
			return mapToJSON(f.details.Map())
		}
		joined := pcommon.NewMap()
		f.flatDetails.CopyTo(joined)
		for key, value := range f.details.Map().All() {
			value.CopyTo(joined.PutEmpty(key))
		}
		return mapToJSON(joined)
	default:
		joined := pcommon.NewMap()
		f.flatDetails.CopyTo(joined)
		f.details.CopyTo(joined.PutEmpty("value"))
		return mapToJSON(joined)
	}
}

func (f *fields) otherJSON() string {
	return mapToJSON(f.other)
}

// parseRecordID answers with the id, or with the reason why the text is none.
func parseRecordID(text *string) ([16]byte, string) {
	var id [16]byte
	if text == nil {
		return id, "missing: audit.record.id"
	}
	t := *text
	const invalid = "audit.record.id is not a UUID"
	if len(t) != 36 || t[8] != '-' || t[13] != '-' || t[18] != '-' || t[23] != '-' {
		return id, invalid
	}
	if _, err := hex.Decode(id[:], []byte(t[:8]+t[9:13]+t[14:18]+t[19:23]+t[24:])); err != nil {
		return id, invalid
	}
	if id == ([16]byte{}) {
		return id, "audit.record.id is the nil UUID"
	}
	return id, ""
}

// occurred answers with the time for people and the exact one. Only a time that the record states
// and that fits is exact; nil leaves the choice to the database.
func occurred(record plog.LogRecord, recordID [16]byte) (*time.Time, *int64) {
	stated := record.Timestamp()
	if stated != 0 {
		moment := toTime(stated)
		nanos := int64(stated)
		if nanos < 0 {
			return &moment, nil
		}
		return &moment, &nanos
	}
	if observed := record.ObservedTimestamp(); observed != 0 {
		moment := toTime(observed)
		return &moment, nil
	}
	if recordID[6]>>4 == 7 {
		var millis int64
		for _, b := range recordID[:6] {
			millis = millis<<8 | int64(b)
		}
		moment := time.UnixMilli(millis).UTC()
		return &moment, nil
	}
	return nil, nil
}

// toTime avoids int64 nanoseconds, which end in 2262 while OTLP's field ends in 2554.
func toTime(stamp pcommon.Timestamp) time.Time {
	const second = uint64(time.Second)
	return time.Unix(int64(uint64(stamp)/second), int64(uint64(stamp)%second)).UTC()
}

func toInteger(value pcommon.Value) *int64 {
	switch value.Type() {
	case pcommon.ValueTypeInt:
		number := value.Int()
		return &number
	case pcommon.ValueTypeStr:
		if number, err := strconv.ParseInt(value.Str(), 10, 64); err == nil {
			return &number
		}
	}
	return nil
}

// toHash reads a SHA-256 sent as bytes, as hexadecimal digits or as base64.
func toHash(value pcommon.Value) []byte {
	const size = 32
	switch value.Type() {
	case pcommon.ValueTypeBytes:
		if raw := value.Bytes().AsRaw(); len(raw) == size {
			return raw
		}
	case pcommon.ValueTypeStr:
		if raw, err := hex.DecodeString(value.Str()); err == nil && len(raw) == size {
			return raw
		}
		if raw, err := base64.StdEncoding.DecodeString(value.Str()); err == nil && len(raw) == size {
			return raw
		}
	}
	return nil
}
