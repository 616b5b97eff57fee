// Package evidence writes and reads the evidence format telltale/1: the log record in OTLP's JSON form
// and RFC 8785 bytes, as docs/design/audit.md describes it in section 2.
package evidence

// Format names what this package writes and reads.
const Format = "telltale/1"

// Deepest is how deep values may be nested: an attribute's value is the first level, and what a list
// or a map in it holds, of any kind, the next.
const Deepest = 128

// Record is a log record with its resource and scope, as evidence holds it. Texts may be no UTF-8.
type Record struct {
	Attributes             []Field
	Body                   Value
	DroppedAttributesCount uint32
	EventName              string
	Flags                  uint32
	ObservedTimeUnixNano   uint64
	Resource               []Field
	ScopeAttributes        []Field
	ScopeName              string
	ScopeVersion           string
	SeverityNumber         int32
	SeverityText           string
	SpanID                 [8]byte
	TimeUnixNano           uint64
	TraceID                [16]byte
}

// Field is one attribute, or one member of a map. A key may come more than once.
type Field struct {
	Key   string
	Value Value
}

// Kind says which of OTLP's kinds a value is.
type Kind uint8

// The kinds. The zero Value is empty.
const (
	Empty Kind = iota
	Text
	Integer
	Double
	Truth
	Bytes
	List
	Map
)

// Value is an AnyValue: what its kind says is set.
type Value struct {
	Kind    Kind
	Text    string // of Text, and the raw bytes of Bytes
	Integer int64
	Double  float64
	Truth   bool
	List    []Value
	Map     []Field
}

// First is the value of the first field with this key.
func First(fields []Field, key string) (Value, bool) {
	for i := range fields {
		if fields[i].Key == key {
			return fields[i].Value, true
		}
	}
	return Value{}, false
}

// IsTooDeep says whether a value of the record is nested deeper than evidence may be.
func (r *Record) IsTooDeep() bool {
	return fieldsAreDeeper(r.Attributes, Deepest) || fieldsAreDeeper(r.Resource, Deepest) ||
		fieldsAreDeeper(r.ScopeAttributes, Deepest) || isDeeper(r.Body, Deepest)
}

func fieldsAreDeeper(fields []Field, limit int) bool {
	for i := range fields {
		if isDeeper(fields[i].Value, limit) {
			return true
		}
	}
	return false
}

// isDeeper stops at the limit, so that it is safe on any value.
func isDeeper(value Value, limit int) bool {
	if limit <= 0 {
		return true
	}
	for i := range value.List {
		if isDeeper(value.List[i], limit-1) {
			return true
		}
	}
	return fieldsAreDeeper(value.Map, limit-1)
}
