package attack

import (
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// pacer is a constant rate that remembers when it began, so that it knows when
// each request was due.
type pacer struct {
	rate  vegeta.Rate
	once  sync.Once
	began time.Time
}

// Pace says how long to wait before the next request.
func (p *pacer) Pace(elapsed time.Duration, hits uint64) (wait time.Duration, stop bool) {
	p.once.Do(func() { p.began = time.Now().Add(-elapsed) })
	return p.rate.Pace(elapsed, hits)
}

// Rate returns the number of requests a second.
func (p *pacer) Rate(elapsed time.Duration) float64 { return p.rate.Rate(elapsed) }

// due returns when a request should have been sent. Requests are numbered from 0,
// and the first is due after one interval.
func (p *pacer) due(result *vegeta.Result) time.Time {
	interval := p.rate.Per / time.Duration(p.rate.Freq)
	return p.began.Add(time.Duration(result.Seq+1) * interval) //nolint:gosec // attacks send far fewer than 2^63
}
