package testkit

import (
	"bytes"
	"encoding/json"
	"io"
	"sync"
)

// Journal is a writer that keeps what a service logs as JSON lines. The zero value
// is ready, and safe for concurrent use.
type Journal struct {
	mu      sync.Mutex
	partial []byte
	records []map[string]any
}

var _ io.Writer = (*Journal)(nil)

// Write keeps the lines that end in p; it never fails. What is no JSON is dropped.
func (j *Journal) Write(p []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.partial = append(j.partial, p...)
	for {
		line, rest, found := bytes.Cut(j.partial, []byte("\n"))
		if !found {
			return len(p), nil
		}
		j.partial = rest
		var record map[string]any
		if json.Unmarshal(line, &record) == nil {
			j.records = append(j.records, record)
		}
	}
}

// Find returns the records in which every key of like has its value.
func (j *Journal) Find(like map[string]any) []map[string]any {
	j.mu.Lock()
	defer j.mu.Unlock()
	var found []map[string]any
	for _, record := range j.records {
		if matches(record, like) {
			found = append(found, record)
		}
	}
	return found
}

func matches(record, like map[string]any) bool {
	for key, want := range like {
		if record[key] != want {
			return false
		}
	}
	return true
}
