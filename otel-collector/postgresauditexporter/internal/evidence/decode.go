package evidence

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
	"unsafe"
)

// Decode reads evidence and accepts nothing but the bytes that Encode makes of what it has read. It
// takes time in proportion to the input and never more depth than Deepest. The texts of the record are
// parts of the input, which must not change any more.
func Decode(text []byte) (*Record, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := decoder{text: unsafe.String(unsafe.SliceData(text), len(text))}
	read := d.record()
	if d.problem == nil && d.at != len(text) {
		d.fail("something follows its end")
	}
	if d.problem != nil {
		return nil, d.problem
	}
	// The rules of order, form and number in one: whatever the decoder let pass shows here.
	scratch := rewritten.Get().(*[]byte)
	*scratch = appendRecord((*scratch)[:0], read)
	canonical := bytes.Equal(*scratch, text)
	if cap(*scratch) <= mostKeptScratch {
		rewritten.Put(scratch)
	}
	if !canonical {
		return nil, errors.New("not in canonical form")
	}
	return read, nil
}

// rewritten are buffers for what Encode makes of a record, looked at once.
var rewritten = sync.Pool{New: func() any { return new([]byte) }}

// mostKeptScratch lets go of what a rare huge record needed.
const mostKeptScratch = 64 << 10

// DecodeValues reads an annex, under the same conditions.
func DecodeValues(text []byte) ([]Field, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("not UTF-8")
	}
	d := decoder{text: unsafe.String(unsafe.SliceData(text), len(text))}
	d.literal(`{"values":`)
	fields := d.fields(Deepest, usualResource)
	d.literal("}")
	if d.problem == nil && d.at != len(text) {
		d.fail("something follows its end")
	}
	if d.problem != nil {
		return nil, d.problem
	}
	if !bytes.Equal(EncodeValues(fields), text) {
		return nil, errors.New("not in canonical form")
	}
	return fields, nil
}

// How many attributes a record and its resource have room for at first. A list that grows is copied;
// deeper down room in advance could be made to cost a lot of memory.
const (
	usualAttributes = 24
	usualResource   = 8
)

// decoder reads the members in the one order in which they may stand. After its first problem it
// reads nothing more.
type decoder struct {
	text    string
	at      int
	problem error
}

func (d *decoder) fail(what string) {
	if d.problem == nil {
		d.problem = fmt.Errorf("%s at byte %d", what, d.at)
	}
}

func (d *decoder) record() *Record {
	var r Record
	d.literal(`{"attributes":`)
	r.Attributes = d.fields(Deepest, usualAttributes)
	if d.take(`,"body":`) {
		r.Body = d.value(Deepest)
	}
	r.DroppedAttributesCount = uint32(d.number("droppedAttributesCount", 0, 1<<32-1))
	r.EventName = d.textMember("eventName")
	r.Flags = uint32(d.number("flags", 0, 1<<32-1))
	d.literal(`,"format":"` + Format + `"`)
	r.ObservedTimeUnixNano = d.stamp("observedTimeUnixNano")
	d.literal(`,"resource":{"attributes":`)
	r.Resource = d.fields(Deepest, usualResource)
	d.literal("}")
	d.scope(&r)
	r.SeverityNumber = int32(d.number("severityNumber", -1<<31, 1<<31-1))
	r.SeverityText = d.textMember("severityText")
	d.id("spanId", r.SpanID[:])
	r.TimeUnixNano = d.stamp("timeUnixNano")
	d.id("traceId", r.TraceID[:])
	d.literal("}")
	return &r
}

func (d *decoder) scope(r *Record) {
	if !d.take(`,"scope":{`) {
		return
	}
	// The first member has no comma, so each is tried in both ways; which of them may have one shows
	// when the whole is compared.
	if d.take(`"attributes":`) {
		r.ScopeAttributes = d.fields(Deepest, 0)
	}
	r.ScopeName = d.scopeText("name")
	r.ScopeVersion = d.scopeText("version")
	d.literal("}")
}

func (d *decoder) scopeText(name string) string {
	switch {
	case d.take(`"` + name + `":`):
		return d.string()
	case d.take(`"` + name + `Bytes":`):
		return d.base64()
	}
	return d.textMember(name)
}

// take reads this text if it stands here.
func (d *decoder) take(text string) bool {
	if d.problem != nil || len(d.text)-d.at < len(text) || d.text[d.at:d.at+len(text)] != text {
		return false
	}
	d.at += len(text)
	return true
}

// literal reads this text and nothing else.
func (d *decoder) literal(text string) {
	if !d.take(text) {
		d.fail("expected " + text)
	}
}

func (d *decoder) number(name string, least, most int64) int64 {
	if !d.take(`,"` + name + `":`) {
		return 0
	}
	number, err := strconv.ParseInt(d.numberText(), 10, 64)
	if err != nil || number < least || number > most {
		d.fail(name + " is no number of its range")
	}
	return number
}

// numberText reads what a JSON number can consist of.
func (d *decoder) numberText() string {
	start := d.at
	for d.at < len(d.text) && strings.IndexByte("+-.0123456789eE", d.text[d.at]) >= 0 {
		d.at++
	}
	return d.text[start:d.at]
}

func (d *decoder) stamp(name string) uint64 {
	if !d.take(`,"` + name + `":`) {
		return 0
	}
	stamp, err := strconv.ParseUint(d.string(), 10, 64)
	if err != nil {
		d.fail(name + " is no time")
	}
	return stamp
}

func (d *decoder) id(name string, into []byte) {
	if !d.take(`,"` + name + `":`) {
		return
	}
	text := d.string()
	if len(text) != 2*len(into) {
		d.fail(name + " has another length")
		return
	}
	if _, err := hex.Decode(into, []byte(text)); err != nil {
		d.fail(name + " is not hexadecimal")
	}
}

func (d *decoder) textMember(name string) string {
	if d.take(`,"` + name + `":`) {
		return d.string()
	}
	if d.take(`,"` + name + `Bytes":`) {
		return d.base64()
	}
	return ""
}

func (d *decoder) base64() string {
	raw, err := base64.StdEncoding.DecodeString(d.string())
	if err != nil {
		d.fail("no base64")
	}
	return string(raw)
}

func (d *decoder) fields(limit, usual int) []Field {
	d.literal("[")
	if d.problem != nil || d.take("]") {
		return nil
	}
	fields := make([]Field, 0, usual)
	for d.problem == nil {
		var field Field
		if d.take(`{"keyBytes":`) {
			field.Key = d.base64()
		} else {
			d.literal(`{"key":`)
			field.Key = d.string()
		}
		d.literal(`,"value":`)
		field.Value = d.value(limit)
		d.literal("}")
		fields = append(fields, field)
		if !d.take(",") {
			d.literal("]")
			break
		}
	}
	return fields
}

func (d *decoder) value(limit int) Value {
	if limit <= 0 {
		d.fail("nested deeper than 128 levels")
		return Value{}
	}
	var value Value
	switch {
	case d.take(`{}`):
		return value
	case d.take(`{"stringValue":`):
		value = Value{Kind: Text, Text: d.string()}
	case d.take(`{"intValue":`):
		number, err := strconv.ParseInt(d.string(), 10, 64)
		if err != nil {
			d.fail("no integer of 64 bits")
		}
		value = Value{Kind: Integer, Integer: number}
	case d.take(`{"doubleValue":`):
		value = Value{Kind: Double, Double: d.double()}
	case d.take(`{"boolValue":true`):
		value = Value{Kind: Truth, Truth: true}
	case d.take(`{"boolValue":false`):
		value = Value{Kind: Truth}
	case d.take(`{"bytesValue":`):
		value = Value{Kind: Bytes, Text: d.base64()}
	case d.take(`{"stringBytes":`):
		value = Value{Kind: Text, Text: d.base64()}
	case d.take(`{"kvlistValue":{"values":`):
		value = Value{Kind: Map, Map: d.fields(limit-1, 0)}
		d.literal("}")
	case d.take(`{"arrayValue":{"values":[`):
		value = Value{Kind: List, List: d.list(limit - 1)}
		d.literal("}")
	default:
		d.fail("no value")
	}
	d.literal("}")
	return value
}

func (d *decoder) list(limit int) []Value {
	if d.problem != nil || d.take("]") {
		return nil
	}
	var list []Value
	for d.problem == nil {
		list = append(list, d.value(limit))
		if !d.take(",") {
			d.literal("]")
			break
		}
	}
	return list
}

func (d *decoder) double() float64 {
	if d.at < len(d.text) && d.text[d.at] == '"' {
		switch text := d.string(); text {
		case "NaN", "Infinity", "-Infinity":
			number, _ := strconv.ParseFloat(text, 64)
			return number
		}
		d.fail("no number")
		return 0
	}
	number, err := strconv.ParseFloat(d.numberText(), 64)
	if err != nil {
		d.fail("no number")
	}
	return number
}

// string reads a JSON string. The text is UTF-8 as a whole, so what is between quotes is, too.
func (d *decoder) string() string {
	d.literal(`"`)
	if d.problem != nil {
		return ""
	}
	start := d.at
	length := strings.IndexByte(d.text[start:], '"')
	if length < 0 {
		d.fail("a text without its end")
		return ""
	}
	if plain := strings.IndexByte(d.text[start:start+length], '\\'); plain >= 0 {
		d.at += plain
		return d.escaped(start)
	}
	d.at += length + 1
	return d.text[start : start+length]
}

// escaped reads on from the first escape. It knows only the escapes that are canonical.
func (d *decoder) escaped(start int) string {
	text := append([]byte(nil), d.text[start:d.at]...)
	for d.at < len(d.text) {
		c := d.text[d.at]
		d.at++
		switch {
		case c == '"':
			return string(text)
		case c != '\\':
			text = append(text, c)
			continue
		}
		if d.at >= len(d.text) {
			break
		}
		escape := d.text[d.at]
		d.at++
		if plain := strings.IndexByte(`"\btnfr`, escape); plain >= 0 {
			text = append(text, "\"\\\b\t\n\f\r"[plain])
			continue
		}
		var code [1]byte
		if escape != 'u' || len(d.text)-d.at < 4 || d.text[d.at] != '0' || d.text[d.at+1] != '0' {
			d.fail("another escape")
			return ""
		}
		if _, err := hex.Decode(code[:], []byte(d.text[d.at+2:d.at+4])); err != nil || code[0] >= 0x20 {
			d.fail("another escape")
			return ""
		}
		text = append(text, code[0])
		d.at += 4
	}
	d.fail("a text without its end")
	return ""
}
