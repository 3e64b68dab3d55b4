package config

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"goldpath.local/service/pkg/httpserver"
	"goldpath.local/service/pkg/resilience/loadshed"
)

// HTTP configures the port of the APIs over HTTP.
type HTTP struct {
	httpserver.Config `mapstructure:",squash"`

	// BodyLimit is the greatest request body, in bytes.
	BodyLimit int64 `mapstructure:"body_limit"`
	// RequestTimeout bounds the work on one request. It must be shorter than
	// the write timeout, or the answer about it is lost.
	RequestTimeout time.Duration `mapstructure:"request_timeout"`
	// TrustedProxies are the addresses and networks (CIDR) of proxies whose
	// X-Forwarded-For is believed. Nobody else can tell the service that a request
	// comes from somewhere else than it does.
	TrustedProxies []string `mapstructure:"trusted_proxies"`
	// Shedding says when requests are turned away at once, because they would be
	// answered too late.
	Shedding loadshed.Config `mapstructure:"shedding"`
}

func defaultHTTP() HTTP {
	return HTTP{
		Config:         serverDefaults(":8080"),
		BodyLimit:      1 << 20,
		RequestTimeout: 10 * time.Second,
		TrustedProxies: []string{},
		Shedding:       loadshed.DefaultConfig(),
	}
}

// Validate returns everything that is wrong with the configuration at once.
func (c HTTP) Validate() error {
	return errors.Join(
		c.Config.Validate("http"),
		require(c.BodyLimit > 0, "http.body_limit must be positive"),
		require(c.RequestTimeout > 0, "http.request_timeout must be positive"),
		require(c.RequestTimeout < c.WriteTimeout, "http.request_timeout must be shorter than http.write_timeout"),
		c.validateProxies(),
		c.validateShedding(),
	)
}

func (c HTTP) validateShedding() error {
	if err := c.Shedding.Validate(); err != nil {
		return fmt.Errorf("http.shedding: %w", err)
	}
	return nil
}

func (c HTTP) validateProxies() error {
	for _, proxy := range c.TrustedProxies {
		_, errAddress := netip.ParseAddr(proxy)
		_, errNetwork := netip.ParsePrefix(proxy)
		if errAddress != nil && errNetwork != nil {
			return fmt.Errorf("http.trusted_proxies: %q is neither an address nor a network", proxy)
		}
	}
	return nil
}
