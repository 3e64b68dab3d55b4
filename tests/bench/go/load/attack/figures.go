package attack

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const mostErrors = 5 // different texts that are kept

// Figures are what an attack found.
type Figures struct {
	// Requests is how many were sent.
	Requests int `json:"requests"`
	// Failures is how many were not answered, or with another status than expected.
	Failures int `json:"failures"`
	// Statuses counts the answers by their status; "0" is no answer.
	Statuses map[string]int `json:"statuses"`
	// Errors are some of the texts that say what was wrong.
	Errors []string `json:"errors,omitempty"`
	// PerSecond is how many requests were answered successfully in a second, from
	// the first that was sent to the last answer.
	PerSecond float64 `json:"per_second"`
	// P50, P90, P99 and Max are latencies of all requests, in milliseconds.
	P50 float64 `json:"p50_ms"`
	P90 float64 `json:"p90_ms"`
	P99 float64 `json:"p99_ms"`
	Max float64 `json:"max_ms"`
}

// recorder keeps every latency, so that percentiles are exact: 8 bytes a request.
type recorder struct {
	expected  int
	latencies []time.Duration
	statuses  map[int]int
	errors    map[string]bool
	successes int
	first     time.Time
	last      time.Time
}

func newRecorder(opts Options) *recorder {
	requests := opts.Rate * int(math.Ceil(opts.Duration.Seconds()))
	return &recorder{
		expected:  opts.Expected,
		latencies: make([]time.Duration, 0, requests),
		statuses:  map[int]int{},
		errors:    map[string]bool{},
	}
}

// add takes in one result of a request that was due at a time.
func (r *recorder) add(result *vegeta.Result, due time.Time) {
	end := result.End()
	if r.first.IsZero() || result.Timestamp.Before(r.first) {
		r.first = result.Timestamp
	}
	if end.After(r.last) {
		r.last = end
	}
	// A pacer may be early by less than its clock can tell.
	r.latencies = append(r.latencies, max(end.Sub(due), result.Latency))
	r.statuses[int(result.Code)]++
	if int(result.Code) == r.expected {
		r.successes++
	} else if result.Error != "" && len(r.errors) < mostErrors {
		r.errors[result.Error] = true
	}
}

func (r *recorder) figures() Figures {
	f := Figures{Requests: len(r.latencies), Failures: len(r.latencies) - r.successes, Statuses: map[string]int{}}
	if f.Requests == 0 {
		return f
	}
	for status, count := range r.statuses {
		f.Statuses[strconv.Itoa(status)] = count
	}
	f.Errors = slices.Sorted(maps.Keys(r.errors))
	if elapsed := r.last.Sub(r.first).Seconds(); elapsed > 0 {
		f.PerSecond = round(float64(r.successes)/elapsed, 1)
	}
	slices.Sort(r.latencies)
	f.P50, f.P90, f.P99 = r.percentile(0.5), r.percentile(0.9), r.percentile(0.99)
	f.Max = r.percentile(1)
	return f
}

// percentile returns the nearest rank of a share in sorted latencies, in milliseconds.
func (r *recorder) percentile(share float64) float64 {
	rank := int(math.Ceil(share * float64(len(r.latencies))))
	return round(float64(r.latencies[rank-1])/float64(time.Millisecond), 3)
}

func round(value float64, digits int) float64 {
	scale := math.Pow10(digits)
	return math.Round(value*scale) / scale
}
