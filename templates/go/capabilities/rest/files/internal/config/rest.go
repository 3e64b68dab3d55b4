package config

import (
	"errors"
	"fmt"
	"time"

	"goldpath.local/service/pkg/idempotency"
)

// REST configures the REST API.
type REST struct {
	// ValidateRequests checks requests against the OpenAPI document before
	// they reach a handler. Handlers and domain refuse bad input without it.
	ValidateRequests bool `mapstructure:"validate_requests"`
	// V1 is the end of those operations of version 1 that a newer version has.
	V1 Deprecation `mapstructure:"v1"`
	// Idempotency says how long answers to requests with a key are repeated.
	Idempotency idempotency.Config `mapstructure:"idempotency"`
}

// Deprecation holds dates such as 2027-06-30; they begin at midnight, UTC.
type Deprecation struct {
	// Deprecated is when clients should begin to move; "" is not yet.
	Deprecated string `mapstructure:"deprecated"`
	// Sunset is when it may go away; "" leaves that open.
	Sunset string `mapstructure:"sunset"`
}

func defaultREST() REST {
	return REST{
		ValidateRequests: true,
		Idempotency: idempotency.Config{
			Lease:        time.Minute,
			Retention:    24 * time.Hour,
			MaxBodyBytes: 64 << 10,
			StoreTimeout: time.Second,
		},
	}
}

// Dates returns both as times, the zero time for those that are not set.
func (d Deprecation) Dates() (deprecated, sunset time.Time, err error) {
	deprecated, errDeprecated := date("deprecated", d.Deprecated)
	sunset, errSunset := date("sunset", d.Sunset)
	if err := errors.Join(errDeprecated, errSunset); err != nil {
		return time.Time{}, time.Time{}, err
	}
	if d.Sunset != "" && (d.Deprecated == "" || sunset.Before(deprecated)) {
		return time.Time{}, time.Time{}, errors.New("rest.v1.sunset needs a rest.v1.deprecated before it")
	}
	return deprecated, sunset, nil
}

func date(key, text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	parsed, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}, fmt.Errorf("rest.v1.%s must be a date such as 2027-06-30", key)
	}
	return parsed, nil
}

// validateREST returns everything that is wrong with the section at once.
func (c Config) validateREST() error {
	_, _, err := c.REST.V1.Dates()
	return errors.Join(
		err,
		c.REST.Idempotency.Validate(),
		require(c.REST.Idempotency.Lease > c.HTTP.RequestTimeout,
			"rest.idempotency.lease must be longer than http.request_timeout, or work is done twice"),
	)
}
