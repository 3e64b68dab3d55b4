package streams

import (
	"errors"
	"net/url"
	"slices"
	"time"
)

// Config bounds subscriptions and the connections that carry them.
type Config struct {
	// Max is the greatest number of subscriptions at once.
	Max int `mapstructure:"max"`
	// MaxConnections is the greatest number of WebSockets at once.
	MaxConnections int `mapstructure:"max_connections"`
	// MaxPerConnection is the greatest number of subscriptions on one WebSocket.
	MaxPerConnection int `mapstructure:"max_per_connection"`
	// MaxPerCaller is the greatest number of subscriptions of one caller, and as many
	// WebSockets, at once. Callers who are not known are not bounded by it.
	MaxPerCaller int `mapstructure:"max_per_caller"`
	// MaxMessageBytes is the greatest message that a WebSocket may bring.
	MaxMessageBytes int64 `mapstructure:"max_message_bytes"`
	// InitTimeout is how long a WebSocket may take to say who it is.
	InitTimeout time.Duration `mapstructure:"init_timeout"`
	// KeepAlive is how often a silent stream gives a sign of life. A WebSocket that
	// does not answer within twice that time is closed.
	KeepAlive time.Duration `mapstructure:"keep_alive"`
	// WriteTimeout is how long a client may take to receive one message.
	WriteTimeout time.Duration `mapstructure:"write_timeout"`
	// AllowedOrigins are the other origins, such as "https://app.example.com", whose
	// pages may open WebSockets. Pages of the host of the service always may.
	AllowedOrigins []string `mapstructure:"allowed_origins"`
}

// Validate reports everything that makes no sense.
func (c Config) Validate() error {
	return errors.Join(
		check(min(c.Max, c.MaxConnections, c.MaxPerConnection, c.MaxPerCaller) > 0 && c.MaxMessageBytes > 0,
			"the greatest numbers and sizes in graphql.streams must be positive"),
		check(min(c.InitTimeout, c.KeepAlive, c.WriteTimeout) > 0, "the durations in graphql.streams must be positive"),
		check(!slices.ContainsFunc(c.AllowedOrigins, badOrigin),
			"graphql.streams.allowed_origins must be scheme and host, such as https://app.example.com"),
	)
}

// badOrigin refuses what is no origin as browsers send it (RFC 6454, 6.2).
func badOrigin(origin string) bool {
	address, err := url.Parse(origin)
	return err != nil || address.Host == "" || address.Scheme+"://"+address.Host != origin
}

func check(ok bool, message string) error {
	if ok {
		return nil
	}
	return errors.New(message)
}
