package seallog

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"

	"telltale.dev/otelcol/postgresauditexporter/internal/merkle"
)

func entry(number uint64) string { return fmt.Sprintf("seal %d\n", number) }

// rootOf is the root that a log of so many seals has.
func rootOf(size uint64) merkle.Hash {
	var leaves []merkle.Hash
	for number := range size {
		leaves = append(leaves, merkle.LeafHash([]byte(entry(number))))
	}
	return merkle.Root(leaves)
}

func expect(t *testing.T, log *Log, size uint64, waiting int) {
	t.Helper()
	got, root := log.Prefix()
	if got != size || root != rootOf(size) || log.Waiting() != waiting {
		t.Errorf("size %d with %d waiting, want %d with %d; the root is right: %v", got, log.Waiting(), size, waiting, root == rootOf(size))
	}
}

func TestASealBehindAHoleWaitsUntilTheHoleIsFilled(t *testing.T) {
	var log Log
	expect(t, &log, 0, 0)
	for _, step := range []struct {
		number, size uint64
		waiting      int
	}{{0, 1, 0}, {2, 1, 1}, {4, 1, 2}, {1, 3, 1}, {3, 5, 0}} {
		if err := log.Append(step.number, entry(step.number)); err != nil {
			t.Fatal(err)
		}
		expect(t, &log, step.size, step.waiting)
	}
}

func TestANumberComesOnce(t *testing.T) {
	var log Log
	for _, number := range []uint64{0, 2} {
		if err := log.Append(number, entry(number)); err != nil {
			t.Fatal(err)
		}
		if err := log.Append(number, "other"); err == nil {
			t.Errorf("seal %d came twice", number)
		}
	}
	expect(t, &log, 1, 1)
}

func TestTheOrderOfCommitsDoesNotMatter(t *testing.T) {
	const size = 500
	var log Log
	var all sync.WaitGroup
	numbers := make(chan uint64, size)
	for _, number := range rand.Perm(size) {
		numbers <- uint64(number)
	}
	close(numbers)
	for range 8 {
		all.Go(func() {
			for number := range numbers {
				if err := log.Append(number, entry(number)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	expect(t, &log, size, 0)
}
