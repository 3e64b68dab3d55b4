package idempotency

import (
	"context"
	"errors"
	"sync"
	"time"

	"goldpath.local/service/pkg/apierror"
)

// sweepInterval bounds how often a full store looks for entries that have expired.
const sweepInterval = time.Second

// Memory is a Store within the process: for tests, and for a service that has one
// instance and may forget its keys when it restarts.
type Memory struct {
	maxEntries int

	mu        sync.Mutex
	entries   map[string]memoryEntry
	nextSweep time.Time
}

type memoryEntry struct {
	claim    Claim
	response *Response // nil while in progress
	expires  time.Time
}

// NewMemory returns a Store for at most maxEntries keys. When it is full, Begin fails
// with an error of kind Unavailable rather than to forget a key.
func NewMemory(maxEntries int) (*Memory, error) {
	if maxEntries < 1 {
		return nil, errors.New("a store of idempotency keys needs room for at least one")
	}
	return &Memory{maxEntries: maxEntries, entries: map[string]memoryEntry{}}, nil
}

// Begin implements Store.
func (m *Memory) Begin(_ context.Context, claim Claim, lease time.Duration) (Found, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	entry, ok := m.entries[claim.ID]
	switch {
	case !ok:
		if !m.hasRoom(now) {
			return Found{}, apierror.New(apierror.Unavailable, "IDEMPOTENCY_STORE_FULL", "too many requests are being remembered")
		}
	case !now.Before(entry.expires):
	case entry.claim.Fingerprint != claim.Fingerprint:
		return Found{Outcome: Mismatch}, nil
	case entry.response != nil:
		return Found{Outcome: Replay, Response: entry.response.Clone()}, nil
	case entry.claim.Owner != claim.Owner:
		return Found{Outcome: InProgress, RetryAfter: entry.expires.Sub(now)}, nil
	}
	m.entries[claim.ID] = memoryEntry{claim: claim, expires: now.Add(lease)}
	return Found{Outcome: New}, nil
}

// hasRoom reports whether there is room for one more, and makes some if it can.
func (m *Memory) hasRoom(now time.Time) bool {
	if len(m.entries) >= m.maxEntries && !now.Before(m.nextSweep) {
		m.nextSweep = now.Add(sweepInterval)
		for id, entry := range m.entries {
			if !now.Before(entry.expires) {
				delete(m.entries, id)
			}
		}
	}
	return len(m.entries) < m.maxEntries
}

// Complete implements Store.
func (m *Memory) Complete(_ context.Context, claim Claim, response Response, retention time.Duration) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entry, ok := m.entries[claim.ID]; ok && entry.claim.Owner != claim.Owner {
		return ErrLost
	}
	stored := response.Clone()
	m.entries[claim.ID] = memoryEntry{claim: claim, response: &stored, expires: time.Now().Add(retention)}
	return nil
}

// Abandon implements Store.
func (m *Memory) Abandon(_ context.Context, claim Claim) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if entry, ok := m.entries[claim.ID]; ok && entry.claim.Owner == claim.Owner && entry.response == nil {
		delete(m.entries, claim.ID)
	}
	return nil
}
