package evidence

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"os"
	"strconv"
	"testing"
)

// vectors are shared with the TypeScript encoder: the same inputs must give the same bytes.
type vectors struct {
	Valid []struct {
		Name     string
		Input    input
		Evidence string
		Sha256   string
	}
	Refused []struct {
		Name  string
		Input input
	}
	Invalid []struct {
		Name     string
		Evidence string
	}
}

// input is a record in OTLP's JSON form; what ends in Bytes is base64 of a text that is no UTF-8.
type input struct {
	Resource struct{ Attributes []field }
	Scope    struct {
		Attributes   []field
		Name         string
		NameBytes    []byte
		Version      string
		VersionBytes []byte
	}
	Record struct {
		Attributes             []field
		Body                   value
		DroppedAttributesCount uint32
		EventName              string
		EventNameBytes         []byte
		Flags                  uint32
		ObservedTimeUnixNano   uint64 `json:",string"`
		SeverityNumber         int32
		SeverityText           string
		SeverityTextBytes      []byte
		SpanID                 string
		TimeUnixNano           uint64 `json:",string"`
		TraceID                string
	}
}

type field struct {
	Key      string
	KeyBytes []byte
	Value    value
}

type value struct {
	StringValue *string
	StringBytes *[]byte
	IntValue    *string
	DoubleValue any
	BoolValue   *bool
	BytesValue  *[]byte
	ArrayValue  *struct{ Values []value }
	KvlistValue *struct{ Values []field }
}

func (i input) record(t *testing.T) *Record {
	t.Helper()
	made := &Record{
		Attributes:             fieldsFrom(t, i.Record.Attributes),
		Body:                   i.Record.Body.value(t),
		DroppedAttributesCount: i.Record.DroppedAttributesCount,
		EventName:              i.Record.EventName + string(i.Record.EventNameBytes),
		Flags:                  i.Record.Flags,
		ObservedTimeUnixNano:   i.Record.ObservedTimeUnixNano,
		Resource:               fieldsFrom(t, i.Resource.Attributes),
		ScopeAttributes:        fieldsFrom(t, i.Scope.Attributes),
		ScopeName:              i.Scope.Name + string(i.Scope.NameBytes),
		ScopeVersion:           i.Scope.Version + string(i.Scope.VersionBytes),
		SeverityNumber:         i.Record.SeverityNumber,
		SeverityText:           i.Record.SeverityText + string(i.Record.SeverityTextBytes),
		TimeUnixNano:           i.Record.TimeUnixNano,
	}
	if _, err := hex.Decode(made.SpanID[:], []byte(i.Record.SpanID)); err != nil {
		t.Fatal(err)
	}
	if _, err := hex.Decode(made.TraceID[:], []byte(i.Record.TraceID)); err != nil {
		t.Fatal(err)
	}
	return made
}

func fieldsFrom(t *testing.T, fields []field) []Field {
	made := make([]Field, 0, len(fields))
	for _, each := range fields {
		made = append(made, Field{each.Key + string(each.KeyBytes), each.Value.value(t)})
	}
	return made
}

func (v value) value(t *testing.T) Value {
	t.Helper()
	switch {
	case v.StringValue != nil:
		return Value{Kind: Text, Text: *v.StringValue}
	case v.StringBytes != nil:
		return Value{Kind: Text, Text: string(*v.StringBytes)}
	case v.IntValue != nil:
		number, err := strconv.ParseInt(*v.IntValue, 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return Value{Kind: Integer, Integer: number}
	case v.DoubleValue != nil:
		if number, plain := v.DoubleValue.(float64); plain {
			return Value{Kind: Double, Double: number}
		}
		number, err := strconv.ParseFloat(v.DoubleValue.(string), 64)
		if err != nil {
			t.Fatal(err)
		}
		return Value{Kind: Double, Double: number}
	case v.BoolValue != nil:
		return Value{Kind: Truth, Truth: *v.BoolValue}
	case v.BytesValue != nil:
		return Value{Kind: Bytes, Text: string(*v.BytesValue)}
	case v.ArrayValue != nil:
		made := Value{Kind: List}
		for _, each := range v.ArrayValue.Values {
			made.List = append(made.List, each.value(t))
		}
		return made
	case v.KvlistValue != nil:
		return Value{Kind: Map, Map: fieldsFrom(t, v.KvlistValue.Values)}
	}
	return Value{}
}

func readVectors(t testing.TB) vectors {
	t.Helper()
	text, err := os.ReadFile("../../../../test/fixtures/audit/evidence-vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var read vectors
	if err := json.Unmarshal(text, &read); err != nil {
		t.Fatal(err)
	}
	if len(read.Valid) == 0 || len(read.Refused) == 0 || len(read.Invalid) == 0 {
		t.Fatal("the vectors are empty")
	}
	return read
}

func TestTheSharedVectorsAreWrittenAndReadByteForByte(t *testing.T) {
	for _, each := range readVectors(t).Valid {
		t.Run(each.Name, func(t *testing.T) {
			record := each.Input.record(t)
			if record.IsTooDeep() {
				t.Fatal("it is too deep")
			}
			got := Encode(record)
			if string(got) != each.Evidence {
				t.Errorf("got\n%s\nwant\n%s", got, each.Evidence)
			}
			if hash := sha256.Sum256(got); hex.EncodeToString(hash[:]) != each.Sha256 {
				t.Errorf("the hash is %x, want %s", hash, each.Sha256)
			}
			if _, err := Decode([]byte(each.Evidence)); err != nil {
				t.Errorf("it is not accepted: %v", err)
			}
		})
	}
}

func TestValuesNestedTooDeepAreRefused(t *testing.T) {
	for _, each := range readVectors(t).Refused {
		t.Run(each.Name, func(t *testing.T) {
			if !each.Input.record(t).IsTooDeep() {
				t.Error("it is not too deep")
			}
		})
	}
}

func TestWhatIsNotCanonicalIsNoEvidence(t *testing.T) {
	for _, each := range readVectors(t).Invalid {
		t.Run(each.Name, func(t *testing.T) {
			text, err := base64.StdEncoding.DecodeString(each.Evidence)
			if err != nil {
				t.Fatal(err)
			}
			if read, err := Decode(text); err == nil {
				t.Errorf("%s is accepted as %+v", text, read)
			}
		})
	}
}
