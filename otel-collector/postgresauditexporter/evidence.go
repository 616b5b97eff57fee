package postgresauditexporter

import (
	"crypto/sha256"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// provisionalFormat is the evidence that the Collector makes itself, until a format is fixed.
const provisionalFormat = "telltale/0"

// evidence is the record as it is hashed: what an auditor checks the columns against.
type evidence struct {
	bytes  []byte
	hash   [sha256.Size]byte
	by     string
	format string
}

// evidenceOf answers with the evidence of a record. It is the one place that decides who made it:
// evidence that a producer sends in the body, named by audit.evidence.format, will be taken here.
func evidenceOf(resource pcommon.Resource, scope pcommon.InstrumentationScope, record plog.LogRecord) evidence {
	written := appendRecord(nil, resource, scope, record)
	return evidence{bytes: written, hash: sha256.Sum256(written), by: "collector", format: provisionalFormat}
}

// appendRecord writes a record as OTLP JSON with sorted keys and attributes: values keep their type
// tags, so that 123 and "123" differ, and 64-bit integers are text. The result depends on what was
// sent and on nothing else; the observed time stands in only where the producer states no other.
func appendRecord(out []byte, resource pcommon.Resource, scope pcommon.InstrumentationScope, record plog.LogRecord) []byte {
	out = append(out, `{"attributes":`...)
	out = appendTaggedMap(out, record.Attributes())
	if record.Body().Type() != pcommon.ValueTypeEmpty {
		out = append(out, `,"body":`...)
		out = appendTaggedValue(out, record.Body())
	}
	if dropped := record.DroppedAttributesCount(); dropped != 0 {
		out = append(out, `,"droppedAttributesCount":`...)
		out = strconv.AppendUint(out, uint64(dropped), 10)
	}
	out = appendTextField(out, "eventName", record.EventName())
	if flags := record.Flags(); flags != 0 {
		out = append(out, `,"flags":`...)
		out = strconv.AppendUint(out, uint64(flags), 10)
	}
	if record.Timestamp() == 0 && record.ObservedTimestamp() != 0 {
		out = appendStampField(out, "observedTimeUnixNano", record.ObservedTimestamp())
	}
	out = append(out, `,"resource":{"attributes":`...)
	out = appendTaggedMap(out, resource.Attributes())
	out = append(out, `},"scope":{"attributes":`...)
	out = appendTaggedMap(out, scope.Attributes())
	out = appendTextField(out, "name", scope.Name())
	out = appendTextField(out, "version", scope.Version())
	out = append(out, '}')
	if severity := record.SeverityNumber(); severity != 0 {
		out = append(out, `,"severityNumber":`...)
		out = strconv.AppendInt(out, int64(severity), 10)
	}
	out = appendTextField(out, "severityText", record.SeverityText())
	if id := record.SpanID(); !id.IsEmpty() {
		out = appendTextField(out, "spanId", id.String())
	}
	if record.Timestamp() != 0 {
		out = appendStampField(out, "timeUnixNano", record.Timestamp())
	}
	if id := record.TraceID(); !id.IsEmpty() {
		out = appendTextField(out, "traceId", id.String())
	}
	return append(out, '}')
}

func appendTextField(out []byte, name, text string) []byte {
	if text == "" {
		return out
	}
	out = append(out, `,"`+name...)
	if !utf8.ValidString(text) {
		out = append(out, `Bytes":`...)
		return appendBase64(out, []byte(text))
	}
	out = append(out, `":`...)
	return appendString(out, text)
}

func appendStampField(out []byte, name string, stamp pcommon.Timestamp) []byte {
	return appendTextField(out, name, strconv.FormatUint(uint64(stamp), 10))
}

// appendTaggedMap writes attributes as OTLP's list of keys and values, sorted by key. As a list it
// keeps keys that came twice, in the order in which they came.
func appendTaggedMap(out []byte, attributes pcommon.Map) []byte {
	type pair struct {
		key   string
		value pcommon.Value
	}
	pairs := make([]pair, 0, attributes.Len())
	for key, value := range attributes.All() {
		pairs = append(pairs, pair{key, value})
	}
	slices.SortStableFunc(pairs, func(a, b pair) int { return strings.Compare(a.key, b.key) })

	out = append(out, '[')
	for i, each := range pairs {
		if i > 0 {
			out = append(out, ',')
		}
		if utf8.ValidString(each.key) {
			out = append(out, `{"key":`...)
			out = appendString(out, each.key)
		} else {
			out = append(out, `{"keyBytes":`...)
			out = appendBase64(out, []byte(each.key))
		}
		out = append(out, `,"value":`...)
		out = appendTaggedValue(out, each.value)
		out = append(out, '}')
	}
	return append(out, ']')
}

func appendTaggedValue(out []byte, value pcommon.Value) []byte {
	switch value.Type() {
	case pcommon.ValueTypeStr:
		// Text that is no UTF-8 cannot be JSON; under a tag of its own it collides with nothing.
		if !utf8.ValidString(value.Str()) {
			out = append(out, `{"stringBytes":`...)
			out = appendBase64(out, []byte(value.Str()))
			return append(out, '}')
		}
		out = append(out, `{"stringValue":`...)
		out = appendString(out, value.Str())
	case pcommon.ValueTypeInt:
		out = append(out, `{"intValue":"`...)
		out = strconv.AppendInt(out, value.Int(), 10)
		out = append(out, '"')
	case pcommon.ValueTypeDouble:
		out = append(out, `{"doubleValue":`...)
		out = appendDouble(out, value.Double())
	case pcommon.ValueTypeBool:
		out = append(out, `{"boolValue":`...)
		out = strconv.AppendBool(out, value.Bool())
	case pcommon.ValueTypeBytes:
		out = append(out, `{"bytesValue":`...)
		out = appendBase64(out, value.Bytes().AsRaw())
	case pcommon.ValueTypeMap:
		out = append(out, `{"kvlistValue":{"values":`...)
		out = appendTaggedMap(out, value.Map())
		out = append(out, '}')
	case pcommon.ValueTypeSlice:
		out = append(out, `{"arrayValue":{"values":[`...)
		for i, element := range value.Slice().All() {
			if i > 0 {
				out = append(out, ',')
			}
			out = appendTaggedValue(out, element)
		}
		out = append(out, "]}"...)
	default:
		out = append(out, '{')
	}
	return append(out, '}')
}
