package cache

import (
	"testing"

	"github.com/stretchr/testify/require"
)

type node struct {
	Name string
	Next *node
	More map[string][]node
}

// Types of one name in different releases, as far as one program can have them.
func TestTheShapeFollowsTheFields(t *testing.T) {
	type inner struct{ A int }
	before := func() string {
		type task struct {
			Title string
			Inner inner
		}
		return shape[task]()
	}
	again := func() string {
		type task struct {
			Title string
			Inner inner
		}
		return shape[task]()
	}
	added := func() string {
		type task struct {
			Title    string
			Inner    inner
			Priority int
		}
		return shape[task]()
	}
	retyped := func() string {
		type task struct {
			Title []byte
			Inner inner
		}
		return shape[task]()
	}
	renamed := func() string {
		type task struct {
			Title string `json:"headline"`
			Inner inner
		}
		return shape[task]()
	}
	nested := func() string {
		type inner struct{ A, B int }
		type task struct {
			Title string
			Inner inner
		}
		return shape[task]()
	}
	require.Equal(t, before(), again(), "the same fields are the same shape")
	for name, other := range map[string]func() string{"added": added, "retyped": retyped, "renamed": renamed, "nested": nested} {
		require.NotEqual(t, before(), other(), name)
	}
	require.Len(t, shape[node](), 8, "types that hold themselves end")
}
