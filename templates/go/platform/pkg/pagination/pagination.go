// Package pagination gives out lists page by page, by key and not by offset: a
// page begins after the sort key of the last item of the page before, its
// position. An index finds it at once, however deep, and what is inserted or
// deleted meanwhile makes nothing else appear twice or be skipped. What gets a key
// before the position, because keys are made before they are stored, is not seen. In
// SQL, for a list that is ordered by time and id,
//
//	WHERE (created_at, id) > ($1, $2) ORDER BY created_at, id LIMIT $3
//
// with one item more than the page has, which tells whether there is a next page.
// The last part of a sort key must be unique.
package pagination

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"goldpath.local/service/pkg/apierror"
)

// MaxCursor is the greatest length of a cursor, in characters.
const MaxCursor = 1024

// version begins every cursor, so that a later form can be told from this one.
const version = '1'

// ErrInvalidCursor is a cursor that was not given out for this list.
var ErrInvalidCursor = apierror.New(apierror.Invalid, "INVALID_CURSOR", "the cursor is not valid")

// Encode returns the cursor for a position, the sort key of the last item on a page.
// Clients can read and make one: it grants nothing and is checked like any input.
// A position that does not fit into MaxCursor is an error.
func Encode[T any](position T) (string, error) {
	text, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	cursor := base64.RawURLEncoding.EncodeToString(append([]byte{version}, text...))
	if len(cursor) > MaxCursor {
		return "", fmt.Errorf("encode cursor: %d characters, allowed are %d", len(cursor), MaxCursor)
	}
	return cursor, nil
}

// Decode returns the position in a cursor, or ErrInvalidCursor.
func Decode[T any](cursor string) (T, error) {
	var position T
	if err := decode(cursor, &position); err != nil {
		var none T
		return none, ErrInvalidCursor.WithCause(err)
	}
	return position, nil
}

func decode(cursor string, position any) error {
	if len(cursor) > MaxCursor {
		return errors.New("too long")
	}
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return err
	}
	if len(text) == 0 || text[0] != version {
		return errors.New("of an unknown version")
	}
	decoder := json.NewDecoder(bytes.NewReader(text[1:]))
	decoder.DisallowUnknownFields() // a cursor of another list
	if err := decoder.Decode(position); err != nil {
		return err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return errors.New("more than one position")
	}
	return nil
}

// Split cuts the probe item off a list that was read with limit+1 and reports
// whether there is a next page.
func Split[T any](items []T, limit int) (page []T, more bool) {
	if len(items) <= limit {
		return items, false
	}
	return items[:limit], true
}

// Page is one page of a list.
type Page[T any] struct {
	// Items are in the order of the list.
	Items []T
	// Next is the cursor of the next page; "" on the last one.
	Next string
}

// Cut makes a page of at most limit items of a list that was read with limit+1;
// position returns the sort key of an item.
func Cut[T, P any](items []T, limit int, position func(T) P) (Page[T], error) {
	items, more := Split(items, limit)
	if !more || len(items) == 0 {
		return Page[T]{Items: items}, nil
	}
	next, err := Encode(position(items[len(items)-1]))
	if err != nil {
		return Page[T]{}, err
	}
	return Page[T]{Items: items, Next: next}, nil
}
