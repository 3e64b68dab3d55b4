package idempotencytest

import (
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/idempotency"
)

// model is a key as it should be, while no time passes.
type model struct {
	claim idempotency.Claim // the zero claim is a free key
	body  string            // "" while in progress
}

func (m *model) begin(c idempotency.Claim) (idempotency.Outcome, string) {
	free := m.claim == idempotency.Claim{}
	switch {
	case free || (m.claim == c && m.body == ""):
		m.claim = c
		return idempotency.New, ""
	case m.claim.Fingerprint != c.Fingerprint:
		return idempotency.Mismatch, ""
	case m.body == "":
		return idempotency.InProgress, ""
	default:
		return idempotency.Replay, m.body
	}
}

func (m *model) complete(c idempotency.Claim, body string) error {
	if m.claim != (idempotency.Claim{}) && m.claim.Owner != c.Owner {
		return idempotency.ErrLost
	}
	if m.claim == (idempotency.Claim{}) {
		m.claim = c
	}
	m.body = body
	return nil
}

func (m *model) abandon(c idempotency.Claim) {
	if m.claim.Owner == c.Owner && m.body == "" {
		m.claim = idempotency.Claim{}
	}
}

// models compares the store with the model over random histories of one key.
func models(t *testing.T, i Instance) {
	history := 0
	rapid.Check(t, func(rt *rapid.T) {
		history++
		var want model
		steps := rapid.SliceOfN(rapid.IntRange(0, 11), 1, 12).Draw(rt, "steps")
		for number, step := range steps {
			// An owner is one attempt, and so has one fingerprint.
			owner := []string{"a", "b", "c", "d"}[step%4]
			c := claim("0", "fingerprint"+strconv.Itoa(step%2), owner)
			c.ID = strconv.Itoa(history)
			body := strconv.Itoa(number)
			switch step / 4 {
			case 0:
				outcome, stored := want.begin(c)
				found := i.begin(rt, c, long)
				require.Equal(rt, outcome, found.Outcome)
				if outcome == idempotency.Replay {
					require.Equal(rt, response(stored), found.Response)
				}
			case 1:
				err := i.Store.Complete(t.Context(), c, response(body), long)
				require.ErrorIs(rt, err, want.complete(c, body))
			default:
				require.NoError(rt, i.Store.Abandon(t.Context(), c))
				want.abandon(c)
			}
		}
	})
}
