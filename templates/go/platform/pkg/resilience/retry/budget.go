package retry

import (
	"errors"
	"sync/atomic"
)

// BudgetConfig bounds the share of calls that are retries.
type BudgetConfig struct {
	// Ratio is how many retries each call pays for, e.g. 0.1: in the long run
	// at most one retry per ten calls.
	Ratio float64 `mapstructure:"ratio"`
	// Burst is how many retries can be saved up, and how many there are to begin
	// with.
	Burst int `mapstructure:"burst"`
}

// Validate reports values that make no sense.
func (c BudgetConfig) Validate() error {
	return errors.Join(
		check(c.Ratio > 0 && c.Ratio <= 1, "retry.budget.ratio must be above 0 and at most 1"),
		check(c.Burst >= 1 && c.Burst <= 1000, "retry.budget.burst must be between 1 and 1000"),
	)
}

// tokenUnit is one retry. Tokens are counted in millionths, so that small ratios
// add up without floating point.
const tokenUnit = 1_000_000

// Budget keeps retries from becoming the load that keeps a target down: a
// token bucket that calls fill and retries empty, as in Finagle's RetryBudget
// and in the retry throttling of gRPC (proposal A6). Retries never exceed Burst
// plus Ratio times the calls. It is safe for concurrent use; all that call one
// target share one.
type Budget struct {
	perCall int64
	most    int64
	tokens  atomic.Int64
}

// NewBudget returns a full budget.
func NewBudget(cfg BudgetConfig) *Budget {
	b := &Budget{
		perCall: int64(cfg.Ratio * tokenUnit),
		most:    int64(cfg.Burst) * tokenUnit,
	}
	b.tokens.Store(b.most)
	return b
}

// Deposit counts a call, not a retry.
func (b *Budget) Deposit() {
	for {
		have := b.tokens.Load()
		next := min(have+b.perCall, b.most)
		if next == have || b.tokens.CompareAndSwap(have, next) {
			return
		}
	}
}

// Withdraw pays for one retry and reports whether there was enough.
func (b *Budget) Withdraw() bool {
	for {
		have := b.tokens.Load()
		if have < tokenUnit {
			return false
		}
		if b.tokens.CompareAndSwap(have, have-tokenUnit) {
			return true
		}
	}
}
