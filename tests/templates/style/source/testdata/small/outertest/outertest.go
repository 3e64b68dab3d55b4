// Package outertest is for tests.
package outertest

import "testing"

// Check looks at nothing.
func Check(t *testing.T) { t.Helper() }
