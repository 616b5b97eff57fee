package postgresauditexporter

import (
	"context"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// arrayParameter is a parameter of an array type. It writes what PostgreSQL reads, the array's binary
// format, straight into the driver's buffer. The driver makes the same bytes, but through reflection and
// with an allocation for nearly every element.
type arrayParameter struct {
	element uint32
	rows    []*row
	hasNull uint32
	size    int
	// room is how much the buffer needs for this parameter and for all that follow it.
	room   int
	length func(*row) int
	write  func([]byte, *row) []byte
}

const (
	arrayHeaderBytes  = 20
	lengthBytes       = 4
	isNull            = -1
	jsonbVersion      = 1
	postgresEpoch     = 946_684_800 // in Unix seconds
	microsInOneSecond = 1_000_000
)

func texts(rows []*row, get func(*row) string) *arrayParameter {
	return arrayOf(pgtype.TextOID, rows,
		func(r *row) int { return len(get(r)) },
		func(out []byte, r *row) []byte { return append(out, get(r)...) })
}

func optionalTexts(rows []*row, get func(*row) *string) *arrayParameter {
	return arrayOf(pgtype.TextOID, rows,
		func(r *row) int {
			if text := get(r); text != nil {
				return len(*text)
			}
			return isNull
		},
		func(out []byte, r *row) []byte { return append(out, *get(r)...) })
}

func byteStrings(rows []*row, get func(*row) []byte) *arrayParameter {
	return arrayOf(pgtype.ByteaOID, rows,
		func(r *row) int {
			if value := get(r); value != nil {
				return len(value)
			}
			return isNull
		},
		func(out []byte, r *row) []byte { return append(out, get(r)...) })
}

func jsons(rows []*row, get func(*row) string) *arrayParameter {
	return arrayOf(pgtype.JSONBOID, rows,
		func(r *row) int { return 1 + len(get(r)) },
		func(out []byte, r *row) []byte { return append(append(out, jsonbVersion), get(r)...) })
}

func uuids(rows []*row, get func(*row) [16]byte) *arrayParameter {
	return arrayOf(pgtype.UUIDOID, rows,
		func(*row) int { return 16 },
		func(out []byte, r *row) []byte {
			id := get(r)
			return append(out, id[:]...)
		})
}

func integers(rows []*row, get func(*row) *int64) *arrayParameter {
	return arrayOf(pgtype.Int8OID, rows,
		func(r *row) int { return lengthUnlessNil(get(r)) },
		func(out []byte, r *row) []byte { return binary.BigEndian.AppendUint64(out, uint64(*get(r))) })
}

// times cuts off what is finer than a microsecond, as the driver does.
func times(rows []*row, get func(*row) *time.Time) *arrayParameter {
	return arrayOf(pgtype.TimestamptzOID, rows,
		func(r *row) int { return lengthUnlessNil(get(r)) },
		func(out []byte, r *row) []byte {
			moment := get(r)
			micros := (moment.Unix()-postgresEpoch)*microsInOneSecond + int64(moment.Nanosecond())/1000
			return binary.BigEndian.AppendUint64(out, uint64(micros))
		})
}

func lengthUnlessNil[V any](value *V) int {
	if value == nil {
		return isNull
	}
	return 8
}

func arrayOf(element uint32, rows []*row, length func(*row) int, write func([]byte, *row) []byte) *arrayParameter {
	made := &arrayParameter{element: element, rows: rows, length: length, write: write, size: arrayHeaderBytes + lengthBytes*len(rows)}
	for _, each := range rows {
		if bytes := length(each); bytes == isNull {
			made.hasNull = 1
		} else {
			made.size += bytes
		}
	}
	made.room = made.size
	return made
}

// withRoom lets the first of these parameters make room for all of them: a buffer that grows is copied.
func withRoom(columns []any) []any {
	if first, made := columns[0].(*arrayParameter); made {
		for _, each := range columns[1:] {
			if other, made := each.(*arrayParameter); made {
				first.room += other.size
			}
		}
	}
	return columns
}

// appendTo writes one dimension: https://github.com/postgres/postgres/blob/REL_15_STABLE/src/backend/utils/adt/arrayfuncs.c (array_recv).
func (p *arrayParameter) appendTo(out []byte) []byte {
	out = slices.Grow(out, p.room)
	for _, word := range [...]uint32{1, p.hasNull, p.element, uint32(len(p.rows)), 1} {
		out = binary.BigEndian.AppendUint32(out, word)
	}
	for _, each := range p.rows {
		bytes := p.length(each)
		out = binary.BigEndian.AppendUint32(out, uint32(int32(bytes)))
		if bytes != isNull {
			out = p.write(out, each)
		}
	}
	return out
}

// takeArrayParameters lets array parameters of a connection write themselves; whatever else it is given
// for these types it makes itself, as before.
func takeArrayParameters(_ context.Context, connection *pgx.Conn) error {
	registerMadeArrays(connection.TypeMap())
	return nil
}

func registerMadeArrays(types *pgtype.Map) {
	for _, name := range []string{"_uuid", "_text", "_bytea", "_int8", "_timestamptz", "_jsonb"} {
		known, found := types.TypeForName(name)
		if !found {
			continue
		}
		if codec, ok := known.Codec.(*pgtype.ArrayCodec); ok {
			types.RegisterType(&pgtype.Type{Name: name, OID: known.OID, Codec: &madeArrayCodec{codec}})
		}
	}
}

type madeArrayCodec struct{ *pgtype.ArrayCodec }

func (c *madeArrayCodec) PlanEncode(types *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, made := value.(*arrayParameter); made && format == pgtype.BinaryFormatCode {
		return writeItself{}
	}
	return c.ArrayCodec.PlanEncode(types, oid, format, value)
}

type writeItself struct{}

func (writeItself) Encode(value any, buffer []byte) ([]byte, error) {
	return value.(*arrayParameter).appendTo(buffer), nil
}
