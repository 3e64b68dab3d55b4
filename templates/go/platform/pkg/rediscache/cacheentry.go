package rediscache

import (
	"encoding/json"
	"errors"

	"goldpath.local/service/pkg/apierror"
)

// The first byte of what is stored in Redis says what it is.
const (
	tagValue       = '+' // the JSON of a value follows
	tagAbsent      = '-' // the JSON of an absence follows
	tagInvalidated = '!' // nothing follows
)

var errBadEntry = errors.New("cache entry is malformed")

// entry is what a cache knows of a key: its value, or that there is none.
type entry[T any] struct {
	value  T
	absent *apierror.Error // nil when there is a value
}

// absence is an entry without value, as stored.
type absence struct {
	Reason  string `json:"reason"`
	Message string `json:"message"`
}

func (e entry[T]) result() (T, error) {
	if e.absent != nil {
		return e.value, e.absent
	}
	return e.value, nil
}

func (e entry[T]) encode() ([]byte, error) {
	tag, content := byte(tagValue), any(e.value)
	if e.absent != nil {
		tag, content = tagAbsent, absence{e.absent.Reason, e.absent.Message}
	}
	encoded, err := json.Marshal(content)
	if err != nil {
		return nil, err
	}
	return append([]byte{tag}, encoded...), nil
}

func decode[T any](stored []byte) (entry[T], error) {
	var e entry[T]
	if len(stored) == 0 {
		return e, errBadEntry
	}
	switch stored[0] {
	case tagValue:
		return e, json.Unmarshal(stored[1:], &e.value)
	case tagAbsent:
		var none absence
		if err := json.Unmarshal(stored[1:], &none); err != nil {
			return e, err
		}
		e.absent = apierror.New(apierror.NotFound, none.Reason, none.Message)
		return e, nil
	default:
		return e, errBadEntry
	}
}
