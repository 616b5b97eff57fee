package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

const extension = ".jsonl"

// endBytes is many times as long as a line.
const endBytes = 64 << 10

// ErrInUse says that another process writes a log's file, so that its sealer lives.
var ErrInUse = errors.New("another process writes this file")

// File holds the checkpoints of one sealer's log, one on each line. Only one process at a time has it
// open for writing.
type File struct {
	sealer string
	file   *os.File
	last   *Checkpoint
	// previous is the note of last.
	previous Note
}

// line is what stands in the file, and in Loki.
type line struct {
	Checkpoint Note `json:"checkpoint"`
}

// OpenFile opens the file of a sealer's log for writing, and makes it if there is none. What a crash
// left behind the last whole line is cut off: it was not synced, so nobody was told of it.
func OpenFile(directory, sealer string) (*File, error) {
	path := filepath.Join(directory, sealer+extension)
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	opened := &File{sealer: sealer, file: file}
	if err := opened.prepare(directory); err != nil {
		return nil, errors.Join(fmt.Errorf("%s: %w", path, err), file.Close())
	}
	return opened, nil
}

func (f *File) prepare(directory string) error {
	if err := lockFile(f.file); err != nil {
		return err
	}
	content, from, err := f.readEnd()
	if err != nil {
		return err
	}
	whole := bytes.LastIndexByte(content, '\n') + 1
	if whole == 0 && from > 0 {
		return fmt.Errorf("its last %d bytes have no line: %w", len(content), errNoCheckpoint)
	}
	if whole < len(content) {
		if err := errors.Join(f.file.Truncate(from+int64(whole)), f.file.Sync()); err != nil {
			return err
		}
	}
	if err := f.readLast(content[:whole]); err != nil {
		return err
	}
	return syncDirectory(directory)
}

// readEnd reads enough for the newest line: a run of a year fills gigabytes.
func (f *File) readEnd() (content []byte, from int64, err error) {
	size, err := f.file.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, 0, err
	}
	from = max(0, size-endBytes)
	content, err = io.ReadAll(io.NewSectionReader(f.file, from, size-from))
	return content, from, err
}

func (f *File) readLast(content []byte) error {
	content = bytes.TrimSuffix(content, []byte("\n"))
	newest := content[bytes.LastIndexByte(content, '\n')+1:]
	if len(newest) == 0 {
		return nil
	}
	var read line
	if err := json.Unmarshal(newest, &read); err != nil {
		return fmt.Errorf("its newest line: %w", errNoCheckpoint)
	}
	last, err := Parse(read.Checkpoint)
	if err != nil {
		return fmt.Errorf("its newest line: %w", err)
	}
	if last.Sealer != f.sealer {
		return fmt.Errorf("its newest line is a checkpoint of the sealer %s", last.Sealer)
	}
	f.last, f.previous = &last, read.Checkpoint
	return nil
}

// Last is the newest checkpoint and its note; nil if there is none.
func (f *File) Last() (*Checkpoint, Note) { return f.last, f.previous }

// IsClosed answers whether the log has ended.
func (f *File) IsClosed() bool { return f.last != nil && f.last.Closed }

// Append signs the next checkpoint and returns once it is on disk. The file fills in the sealer and
// the note before it. A log only grows, and nothing follows its end.
func (f *File) Append(key *Key, next Checkpoint) error {
	next.Sealer = f.sealer
	if err := f.checkNext(next); err != nil {
		return err
	}
	if f.last != nil {
		hash := f.previous.Hash()
		next.Previous = &hash
		// A clock that was set back, or another host's, must not look like a log that went back.
		if next.Time.Before(f.last.Time) {
			next.Time = f.last.Time
		}
	}
	note := key.Sign(next)
	written, err := encodeLine(note)
	if err != nil {
		return err
	}
	end, err := f.file.Seek(0, io.SeekEnd)
	if err != nil {
		return err
	}
	if err := f.write(written); err != nil {
		// A full disk may have taken a part; the next attempt must not come behind it.
		return errors.Join(err, f.file.Truncate(end))
	}
	f.last, f.previous = &next, note
	return nil
}

func (f *File) checkNext(next Checkpoint) error {
	switch {
	case f.last == nil:
		return nil
	case f.last.Closed:
		return fmt.Errorf("the log of the sealer %s is closed", f.sealer)
	case next.Size < f.last.Size:
		return fmt.Errorf("the log of the sealer %s had %d seals and cannot have %d", f.sealer, f.last.Size, next.Size)
	case next.Size == f.last.Size && next.Root != f.last.Root:
		return fmt.Errorf("the log of the sealer %s has another root at %d seals than was signed", f.sealer, next.Size)
	}
	return nil
}

func (f *File) write(content []byte) error {
	if _, err := f.file.Write(content); err != nil {
		return err
	}
	return f.file.Sync()
}

// Close lets others write the file.
func (f *File) Close() error { return f.file.Close() }

// encodeLine keeps the note legible: Go would write < and > as escapes otherwise.
func encodeLine(note Note) ([]byte, error) {
	var buffer bytes.Buffer
	encoder := json.NewEncoder(&buffer)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(line{note})
	return buffer.Bytes(), err
}

var sealerID = regexp.MustCompile(`^` + uuidPattern + `$`)

// IsSealer answers whether a text is a sealer's id.
func IsSealer(text string) bool { return sealerID.MatchString(text) }

// Sealers lists whose logs have a file in a directory.
func Sealers(directory string) ([]string, error) {
	entries, err := os.ReadDir(directory)
	if err != nil {
		return nil, err
	}
	var sealers []string
	for _, entry := range entries {
		if sealer, isLog := strings.CutSuffix(entry.Name(), extension); isLog && IsSealer(sealer) {
			sealers = append(sealers, sealer)
		}
	}
	return sealers, nil
}

// LastChange answers when a sealer's file was written last, and whether there is nothing in it. It takes no lock.
func LastChange(directory, sealer string) (changed time.Time, empty bool, err error) {
	state, err := os.Stat(filepath.Join(directory, sealer+extension))
	if err != nil {
		return time.Time{}, false, err
	}
	return state.ModTime(), state.Size() == 0, nil
}

// Empty is the first checkpoint of a log, made before its first seal: a sealer whose rows disappear
// altogether is missed all the same.
func Empty() Checkpoint { return Checkpoint{Root: merkle.EmptyRoot()} }

func syncDirectory(path string) error {
	directory, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(directory.Sync(), directory.Close())
}
