package cache

import (
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	lru "github.com/hashicorp/golang-lru/v2"
)

const stripes = 256

// localLevel keeps entries in the process. Epochs decide the race between an
// invalidation and a reader that has the old value in its hands already and is
// about to keep it: the reader names the epoch in which it began, and is refused
// once that is over. Keys share epochs by their hash; a reader that is refused for
// the sake of another key costs one more read.
type localLevel[T any] struct {
	cfg     Config
	entries *lru.Cache[string, localEntry[T]] // nil keeps nothing
	seed    maphash.Seed
	stripes [stripes]stripe
}

type localEntry[T any] struct {
	entry   entry[T]
	expires time.Time
}

type stripe struct {
	mu    sync.Mutex
	epoch uint64
}

func newLocalLevel[T any](cfg Config) (*localLevel[T], error) {
	l := &localLevel[T]{cfg: cfg, seed: maphash.MakeSeed()}
	if cfg.LocalEntries == 0 {
		return l, nil
	}
	// The expirable LRU of the same library would do, but its goroutine never ends.
	entries, err := lru.New[string, localEntry[T]](cfg.LocalEntries)
	if err != nil {
		return nil, fmt.Errorf("create local cache: %w", err)
	}
	l.entries = entries
	return l, nil
}

func (l *localLevel[T]) get(key string) (entry[T], bool) {
	if l.entries == nil {
		return entry[T]{}, false
	}
	found, ok := l.entries.Get(key)
	if !ok || !time.Now().Before(found.expires) {
		return entry[T]{}, false
	}
	return found.entry, true
}

func (l *localLevel[T]) epoch(key string) uint64 {
	s := l.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.epoch
}

// add keeps an entry unless its stripe has had an invalidation since epoch.
func (l *localLevel[T]) add(key string, e entry[T], epoch uint64) {
	if l.entries == nil {
		return
	}
	ttl := l.cfg.LocalTTL
	if e.absent != nil {
		ttl = min(ttl, l.cfg.NegativeTTL)
	}
	s := l.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.epoch == epoch {
		l.entries.Add(key, localEntry[T]{e, time.Now().Add(ttl)})
	}
}

func (l *localLevel[T]) remove(key string) {
	s := l.stripe(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.epoch++
	if l.entries != nil {
		l.entries.Remove(key)
	}
}

func (l *localLevel[T]) stripe(key string) *stripe {
	return &l.stripes[maphash.String(l.seed, key)%stripes]
}
