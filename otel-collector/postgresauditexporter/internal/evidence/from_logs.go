package evidence

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// FromLogs reads a record as it was sent, with its attributes in the order of evidence, so that it is
// the record that Decode would read. It answers false when values are nested too deep; it never
// follows them further down than that.
func FromLogs(resource pcommon.Resource, scope pcommon.InstrumentationScope, record plog.LogRecord) (*Record, bool) {
	shallow := true
	fields := func(attributes pcommon.Map) []Field {
		made, fits := fieldsOf(attributes, Deepest)
		shallow = shallow && fits
		return made
	}
	read := &Record{
		Attributes:             fields(record.Attributes()),
		DroppedAttributesCount: record.DroppedAttributesCount(),
		EventName:              record.EventName(),
		Flags:                  uint32(record.Flags()),
		ObservedTimeUnixNano:   uint64(record.ObservedTimestamp()),
		Resource:               fields(resource.Attributes()),
		ScopeAttributes:        fields(scope.Attributes()),
		ScopeName:              scope.Name(),
		ScopeVersion:           scope.Version(),
		SeverityNumber:         int32(record.SeverityNumber()),
		SeverityText:           record.SeverityText(),
		SpanID:                 record.SpanID(),
		TimeUnixNano:           uint64(record.Timestamp()),
		TraceID:                record.TraceID(),
	}
	body, fits := valueOf(record.Body(), Deepest)
	read.Body = body
	return read, shallow && fits
}

func fieldsOf(attributes pcommon.Map, limit int) ([]Field, bool) {
	fields := make([]Field, 0, attributes.Len())
	for key, value := range attributes.All() {
		made, fits := valueOf(value, limit)
		if !fits {
			return nil, false
		}
		fields = append(fields, Field{key, made})
	}
	return sorted(fields), true
}

func valueOf(value pcommon.Value, limit int) (Value, bool) {
	if limit <= 0 {
		return Value{}, false
	}
	switch value.Type() {
	case pcommon.ValueTypeStr:
		return Value{Kind: Text, Text: value.Str()}, true
	case pcommon.ValueTypeInt:
		return Value{Kind: Integer, Integer: value.Int()}, true
	case pcommon.ValueTypeDouble:
		return Value{Kind: Double, Double: value.Double()}, true
	case pcommon.ValueTypeBool:
		return Value{Kind: Truth, Truth: value.Bool()}, true
	case pcommon.ValueTypeBytes:
		return Value{Kind: Bytes, Text: string(value.Bytes().AsRaw())}, true
	case pcommon.ValueTypeMap:
		fields, fits := fieldsOf(value.Map(), limit-1)
		return Value{Kind: Map, Map: fields}, fits
	case pcommon.ValueTypeSlice:
		list := make([]Value, 0, value.Slice().Len())
		for _, element := range value.Slice().All() {
			made, fits := valueOf(element, limit-1)
			if !fits {
				return Value{}, false
			}
			list = append(list, made)
		}
		return Value{Kind: List, List: list}, true
	default:
		return Value{}, true
	}
}
