package postgresauditexporter

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/evidence"
)

const (
	recordIDKey   = "audit.record.id"
	detailsKey    = "audit.details"
	detailsPrefix = "audit.details."
)

// fields are the attributes of a record, sorted by the columns they belong to. The rules are those of
// docs/design/audit.md, section 13.
type fields struct {
	recordID, eventName, actorID, actorType, action, outcome *string
	targetType, targetID, sourceID, sourceType               *string
	tenantID, requestID, userAgent                           *string
	schemaVersion, streamID                                  *string
	sequenceNumber                                           *int64
	prevHash, annexHash                                      []byte

	details     evidence.Value
	flatDetails []evidence.Field
	other       []evidence.Field
}

// readFields takes the attributes in the order in which the evidence holds them.
func readFields(attributes []evidence.Field) fields {
	var read fields
	for _, each := range attributes {
		if read.take(each.Key, each.Value) {
			continue
		}
		if name, found := strings.CutPrefix(each.Key, detailsPrefix); found && name != "" {
			read.flatDetails = append(read.flatDetails, evidence.Field{Key: name, Value: each.Value})
			continue
		}
		read.other = append(read.other, each)
	}
	return read
}

// take puts a value where it belongs and says whether there is such a place.
func (f *fields) take(key string, value evidence.Value) bool {
	switch key {
	case recordIDKey:
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
	case "audit.annex.hash":
		if f.annexHash == nil {
			f.annexHash = toHash(value)
		}
	case detailsKey:
		if f.details.Kind == evidence.Empty {
			f.details = value
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
func (f *fields) missing() string {
	var names []string
	for _, mandatory := range []struct {
		name  string
		value *string
	}{
		{"event name", f.eventName},
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
// use the latter. Where both have a key, audit.details counts.
func (f *fields) detailsJSON() string {
	switch f.details.Kind {
	case evidence.Empty:
		return toJSON(f.flatDetails)
	case evidence.Map:
		if len(f.flatDetails) == 0 {
			return toJSON(f.details.Map)
		}
		return toJSON(append(f.flatDetails, f.details.Map...))
	default:
		return toJSON(append(f.flatDetails, evidence.Field{Key: "value", Value: f.details}))
	}
}

// parseRecordID answers with the id, or with the reason why the text is none.
func parseRecordID(text *string) ([16]byte, string) {
	if text == nil {
		return [16]byte{}, "missing: audit.record.id"
	}
	id, ok := parseUUID(*text)
	if !ok {
		return id, "audit.record.id is not a UUID"
	}
	if id == ([16]byte{}) {
		return id, "audit.record.id is the nil UUID"
	}
	return id, ""
}

// occurred answers with the time for people and the exact one. Only a time that the record states
// and that fits is exact; nil leaves the choice to the database.
func occurred(record *evidence.Record, recordID [16]byte) (*time.Time, *int64) {
	if stated := record.TimeUnixNano; stated != 0 {
		moment := toTime(stated)
		nanos := int64(stated)
		if nanos < 0 {
			return &moment, nil
		}
		return &moment, &nanos
	}
	if observed := record.ObservedTimeUnixNano; observed != 0 {
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
func toTime(stamp uint64) time.Time {
	const second = uint64(time.Second)
	return time.Unix(int64(stamp/second), int64(stamp%second)).UTC()
}

var integerText = regexp.MustCompile(`^[+-]?[0-9]{1,19}$`)

func toInteger(value evidence.Value) *int64 {
	switch value.Kind {
	case evidence.Integer:
		return &value.Integer
	case evidence.Text:
		if !integerText.MatchString(value.Text) {
			return nil
		}
		if number, err := strconv.ParseInt(value.Text, 10, 64); err == nil {
			return &number
		}
	}
	return nil
}

// toHash reads a SHA-256 sent as bytes, as hexadecimal digits or as base64.
func toHash(value evidence.Value) []byte {
	switch value.Kind {
	case evidence.Bytes:
		if len(value.Text) == sha256.Size {
			return []byte(value.Text)
		}
	case evidence.Text:
		if raw, err := hex.DecodeString(value.Text); err == nil && len(raw) == sha256.Size {
			return raw
		}
		raw, err := base64.StdEncoding.DecodeString(value.Text)
		// In the one form that encoding gives, so that everybody reads the same.
		if err == nil && len(raw) == sha256.Size && base64.StdEncoding.EncodeToString(raw) == value.Text {
			return raw
		}
	}
	return nil
}
