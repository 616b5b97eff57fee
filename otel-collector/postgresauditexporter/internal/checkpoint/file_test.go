package checkpoint

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

func TestCheckpointsFollowEachOtherInTheFile(t *testing.T) {
	directory, key := t.TempDir(), newTestKey(t, 0)
	file := openFile(t, directory)
	var log merkle.Log
	appendAt(t, file, key, &log, 0)
	appendAt(t, file, key, &log, 3)
	closeFile(t, file)

	file = openFile(t, directory)
	if last, _ := file.Last(); last == nil || last.Size != 3 {
		t.Fatalf("after a restart the newest checkpoint is %v", last)
	}
	appendAt(t, file, key, &log, 5)
	closing := next(&log)
	closing.Closed = true
	if err := file.Append(key, closing); err != nil {
		t.Fatal(err)
	}
	if !file.IsClosed() {
		t.Error("the log is not closed")
	}
	closeFile(t, file)

	read := readFile(t, directory, key)
	if len(read) != 4 || !read[3].Closed || read[3].Size != 5 {
		t.Errorf("the file holds %+v", read)
	}
}

func TestALogOnlyGrowsAndEndsOnce(t *testing.T) {
	directory, key := t.TempDir(), newTestKey(t, 0)
	file := openFile(t, directory)
	defer closeFile(t, file)
	var log merkle.Log
	appendAt(t, file, key, &log, 4)

	var shorter, other merkle.Log
	grow(&shorter, 3)
	other.Append(merkle.LeafHash([]byte("another")))
	for other.Size() < 4 {
		other.Append(merkle.LeafHash(nil))
	}
	for name, refused := range map[string]Checkpoint{"shorter": next(&shorter), "another": next(&other)} {
		if err := file.Append(key, refused); err == nil {
			t.Errorf("a %s log was signed", name)
		}
	}
	closing := next(&log)
	closing.Closed = true
	if err := file.Append(key, closing); err != nil {
		t.Fatal(err)
	}
	if err := file.Append(key, next(&log)); err == nil || !strings.Contains(err.Error(), "is closed") {
		t.Errorf("something follows the end: %v", err)
	}
	if read := readFile(t, directory, key); len(read) != 2 {
		t.Errorf("the file holds %d checkpoints, want 2", len(read))
	}
}

func TestTimeDoesNotGoBack(t *testing.T) {
	directory, key := t.TempDir(), newTestKey(t, 0)
	var log merkle.Log
	for _, seconds := range []int64{2_000_000_000, 1_000_000_000, 2_000_000_001} {
		file := openFile(t, directory)
		grow(&log, log.Size()+1)
		checkpoint := next(&log)
		checkpoint.Time = time.Unix(seconds, 0)
		if err := file.Append(key, checkpoint); err != nil {
			t.Fatal(err)
		}
		closeFile(t, file)
	}
	var times []int64
	for _, read := range readFile(t, directory, key) {
		times = append(times, read.Time.Unix())
	}
	if !slices.Equal(times, []int64{2_000_000_000, 2_000_000_000, 2_000_000_001}) {
		t.Errorf("the times are %v", times)
	}
}

func TestATornLastLineIsCutOff(t *testing.T) {
	directory, key := t.TempDir(), newTestKey(t, 0)
	file := openFile(t, directory)
	var log merkle.Log
	appendAt(t, file, key, &log, 1)
	appendAt(t, file, key, &log, 2)
	closeFile(t, file)
	path := filepath.Join(directory, vectorSealer+extension)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	first := strings.IndexByte(string(whole), '\n') + 1

	for cut := first; cut < len(whole); cut++ {
		if err := os.WriteFile(path, whole[:cut], 0o600); err != nil {
			t.Fatal(err)
		}
		file := openFile(t, directory)
		if last, _ := file.Last(); last == nil || last.Size != 1 {
			t.Fatalf("cut at %d the newest checkpoint is %v", cut, last)
		}
		if err := file.Append(key, next(&log)); err != nil {
			t.Fatal(err)
		}
		closeFile(t, file)
		if read := readFile(t, directory, key); len(read) != 2 {
			t.Fatalf("cut at %d the file holds %d checkpoints, want 2", cut, len(read))
		}
	}
}

func TestALongFileIsReadFromItsEnd(t *testing.T) {
	directory, key := t.TempDir(), newTestKey(t, 0)
	file := openFile(t, directory)
	var log merkle.Log
	for size := uint64(0); size < 300; size++ {
		appendAt(t, file, key, &log, size)
	}
	closeFile(t, file)
	if info, err := os.Stat(filepath.Join(directory, vectorSealer+extension)); err != nil || info.Size() < endBytes {
		t.Fatalf("the file is too short for this test: %v, %v", info, err)
	}

	file = openFile(t, directory)
	appendAt(t, file, key, &log, 300)
	closeFile(t, file)
	if read := readFile(t, directory, key); len(read) != 301 || read[300].Size != 300 {
		t.Errorf("the file holds %d checkpoints", len(read))
	}
}

func TestAFileWithoutLinesIsLeftAsItIs(t *testing.T) {
	directory := t.TempDir()
	path := filepath.Join(directory, vectorSealer+extension)
	if err := os.WriteFile(path, make([]byte, 2*endBytes), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := OpenFile(directory, vectorSealer); err == nil {
		t.Error("it was opened")
	}
	if info, err := os.Stat(path); err != nil || info.Size() != 2*endBytes {
		t.Errorf("it was changed: %v, %v", info, err)
	}
}

func TestADamagedNewestLineIsNotBuiltUpon(t *testing.T) {
	directory := t.TempDir()
	for name, content := range map[string]string{
		"no JSON":          "not json\n",
		"no checkpoint":    `{"checkpoint":"text"}` + "\n",
		"another sealer's": readVectorsLine(t, "018f3b5e-7a00-7000-8000-000000000000"),
	} {
		if err := os.WriteFile(filepath.Join(directory, vectorSealer+extension), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := OpenFile(directory, vectorSealer); err == nil || !strings.Contains(err.Error(), "newest line") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOnlyOneProcessWritesAFile(t *testing.T) {
	directory := t.TempDir()
	file := openFile(t, directory)
	if _, err := OpenFile(directory, vectorSealer); !errors.Is(err, ErrInUse) {
		t.Errorf("opened twice: %v", err)
	}
	closeFile(t, file)
	closeFile(t, openFile(t, directory))
}

func TestTheSealersOfADirectoryAreItsLogs(t *testing.T) {
	directory := t.TempDir()
	closeFile(t, openFile(t, directory))
	for _, other := range []string{"public.key", "x.jsonl", vectorSealer + ".jsonl.old"} {
		if err := os.WriteFile(filepath.Join(directory, other), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	sealers, err := Sealers(directory)
	if err != nil || len(sealers) != 1 || sealers[0] != vectorSealer {
		t.Errorf("got %v, %v", sealers, err)
	}
}

func openFile(t *testing.T, directory string) *File {
	t.Helper()
	file, err := OpenFile(directory, vectorSealer)
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func closeFile(t *testing.T, file *File) {
	t.Helper()
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
}

func appendAt(t *testing.T, file *File, key *Key, log *merkle.Log, size uint64) {
	t.Helper()
	grow(log, size)
	if err := file.Append(key, next(log)); err != nil {
		t.Fatal(err)
	}
}

func grow(log *merkle.Log, size uint64) {
	for log.Size() < size {
		log.Append(merkle.LeafHash([]byte{byte(log.Size())}))
	}
}

func next(log *merkle.Log) Checkpoint {
	return Checkpoint{Size: log.Size(), Root: log.Root(), Time: time.UnixMilli(1_700_000_000_000), Interval: time.Second}
}

// readFile checks each line's signature and that it names the note before it.
func readFile(t *testing.T, directory string, key *Key) []Checkpoint {
	t.Helper()
	content, err := os.ReadFile(filepath.Join(directory, vectorSealer+extension))
	if err != nil {
		t.Fatal(err)
	}
	var read []Checkpoint
	var before Note
	for text := range strings.Lines(string(content)) {
		var decoded line
		if err := json.Unmarshal([]byte(text), &decoded); err != nil {
			t.Fatal(err)
		}
		checkpoint, _, err := Open(decoded.Checkpoint, []Verifier{key.Verifier()})
		if err != nil {
			t.Fatal(err)
		}
		if follows := checkpoint.Previous == nil && before == "" || checkpoint.Previous != nil && *checkpoint.Previous == before.Hash(); !follows {
			t.Fatalf("the checkpoint of size %d does not follow the one before it", checkpoint.Size)
		}
		before = decoded.Checkpoint
		read = append(read, checkpoint)
	}
	return read
}

func readVectorsLine(t *testing.T, sealer string) string {
	t.Helper()
	note := newTestKey(t, 0).Sign(Checkpoint{Sealer: sealer, Time: time.UnixMilli(0), Interval: time.Second})
	encoded, err := encodeLine(note)
	if err != nil {
		t.Fatal(err)
	}
	return string(encoded)
}
