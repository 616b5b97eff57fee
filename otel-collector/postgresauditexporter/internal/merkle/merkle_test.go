package merkle

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
)

// The entries and roots that Certificate Transparency's implementations test themselves with.
var (
	referenceEntries = []string{
		"", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
	}
	referenceRoots = []string{
		"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
		"6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
		"fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
		"aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
		"d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
		"4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
		"76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
		"ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
		"5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
	}
)

func TestRootsAreThoseOfCertificateTransparency(t *testing.T) {
	var log Log
	var leaves []Hash
	for size, want := range referenceRoots {
		if size > 0 {
			entry, err := hex.DecodeString(referenceEntries[size-1])
			if err != nil {
				t.Fatal(err)
			}
			log.Append(LeafHash(entry))
			leaves = append(leaves, LeafHash(entry))
		}
		root := log.Root()
		if got := hex.EncodeToString(root[:]); got != want {
			t.Errorf("log of %d: root %s, want %s", size, got, want)
		}
		if Root(leaves) != log.Root() || log.Size() != uint64(size) {
			t.Errorf("list of %d and log of %d differ", size, log.Size())
		}
	}
}

func TestAGrowingLogHasTheRootsOfTheDefinition(t *testing.T) {
	var log Log
	var leaves []Hash
	for size := 1; size <= 300; size++ {
		leaf := LeafHash(fmt.Appendf(nil, "entry %d", size))
		log.Append(leaf)
		leaves = append(leaves, leaf)
		if log.Root() != definition(leaves) {
			t.Fatalf("log of %d has another root than the definition", size)
		}
	}
}

func TestALeafIsProvenAtItsPlaceAndNowhereElse(t *testing.T) {
	var leaves []Hash
	for size := 1; size <= 40; size++ {
		leaves = append(leaves, LeafHash(fmt.Appendf(nil, "entry %d", size)))
		root := Root(leaves)
		for index, leaf := range leaves {
			path := Inclusion(leaves, index)
			if got, ok := RootOfInclusion(leaf, index, size, path); !ok || got != root {
				t.Fatalf("leaf %d of %d is not proven", index, size)
			}
			other := (index + 1) % size
			if got, ok := RootOfInclusion(leaf, other, size, path); size > 1 && ok && got == root {
				t.Fatalf("leaf %d of %d is proven at %d", index, size, other)
			}
			if _, ok := RootOfInclusion(leaf, index, size, append(slices.Clone(path), leaf)); ok {
				t.Fatalf("a path that is too long proves leaf %d of %d", index, size)
			}
		}
	}
	if _, ok := RootOfInclusion(leaves[0], 40, 40, nil); ok {
		t.Error("a leaf beyond the end is proven")
	}
}

func TestACloneGoesItsOwnWay(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 100 {
		var log Log
		for range random.IntN(70) {
			log.Append(LeafHash([]byte{byte(random.Int())}))
		}
		root, clone := log.Root(), log.Clone()
		clone.Append(LeafHash([]byte("another")))
		if log.Root() != root {
			t.Fatalf("a log of %d changed with its clone", log.Size())
		}
		log.Append(LeafHash([]byte("another")))
		if log.Root() != clone.Root() {
			t.Fatalf("two logs of the same %d leaves differ", log.Size())
		}
	}
}

// definition is the recursion of RFC 6962, section 2.1, as it stands there.
func definition(leaves []Hash) Hash {
	if len(leaves) == 1 {
		return leaves[0]
	}
	split := 1
	for split*2 < len(leaves) {
		split *= 2
	}
	left, right := definition(leaves[:split]), definition(leaves[split:])
	return sha256.Sum256(append(append([]byte{1}, left[:]...), right[:]...))
}
