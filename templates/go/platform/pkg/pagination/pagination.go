// Package pagination turns positions in an ordered list into opaque cursors.
package pagination

import (
	"encoding/base64"
	"encoding/json"
	"fmt"

	"goldpath.local/service/pkg/apierror"
)

// ErrInvalidCursor is a cursor that this service did not give out.
var ErrInvalidCursor = apierror.New(apierror.Invalid, "INVALID_CURSOR", "the cursor is not valid")

// Encode returns the cursor for a position: the sort key of the last item on a
// page. Clients must treat it as opaque.
func Encode[T any](position T) (string, error) {
	text, err := json.Marshal(position)
	if err != nil {
		return "", fmt.Errorf("encode cursor: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(text), nil
}

// Decode returns the position in a cursor, or ErrInvalidCursor.
func Decode[T any](cursor string) (T, error) {
	var position T
	text, err := base64.RawURLEncoding.DecodeString(cursor)
	if err != nil {
		return position, ErrInvalidCursor.WithCause(err)
	}
	if err := json.Unmarshal(text, &position); err != nil {
		return position, ErrInvalidCursor.WithCause(err)
	}
	return position, nil
}

// Split cuts the probe item off a list that was read with limit+1 and reports
// whether there is a next page.
func Split[T any](items []T, limit int) (page []T, more bool) {
	if len(items) <= limit {
		return items, false
	}
	return items[:limit], true
}
