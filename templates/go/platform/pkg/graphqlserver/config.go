package graphqlserver

import (
	"errors"
	"net/url"
	"slices"
	"time"
)

// Config bounds what clients can take from the server.
type Config struct {
	// Introspection lets clients ask for the schema, and lets errors suggest names
	// from it.
	Introspection bool `mapstructure:"introspection"`
	// OperationTimeout bounds one query or mutation.
	OperationTimeout time.Duration `mapstructure:"operation_timeout"`
	// DocumentCache is how many documents are kept parsed and validated.
	DocumentCache int `mapstructure:"document_cache"`
	// PersistedQueries is how many documents clients may refer to by their hash.
	PersistedQueries int `mapstructure:"persisted_queries"`
	// Limits bounds one operation.
	Limits Limits `mapstructure:"limits"`
	// Streams bounds subscriptions.
	Streams Streams `mapstructure:"streams"`
}

// Limits bounds one operation, before any of it runs.
type Limits struct {
	// Bytes is the greatest size of a document.
	Bytes int `mapstructure:"bytes"`
	// Tokens is the greatest number of lexical tokens in a document.
	Tokens int `mapstructure:"tokens"`
	// Fragments is the greatest number of named fragments in a document: the time
	// to validate it grows faster than their number.
	Fragments int `mapstructure:"fragments"`
	// Depth is how deep fields may be nested.
	Depth int `mapstructure:"depth"`
	// Aliases is how many fields may be asked for under another name, or more than
	// once in one place.
	Aliases int `mapstructure:"aliases"`
	// Complexity is the greatest cost. A field costs 1 and what is below it, unless
	// the schema has a function for its cost.
	Complexity int `mapstructure:"complexity"`
}

// Streams bounds subscriptions and the connections that carry them.
type Streams struct {
	// Max is the greatest number of subscriptions at once.
	Max int `mapstructure:"max"`
	// MaxConnections is the greatest number of WebSockets at once.
	MaxConnections int `mapstructure:"max_connections"`
	// MaxPerConnection is the greatest number of subscriptions on one WebSocket.
	MaxPerConnection int `mapstructure:"max_per_connection"`
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

// DefaultConfig returns bounds that fit ordinary clients, and no introspection.
func DefaultConfig() Config {
	return Config{
		OperationTimeout: 10 * time.Second,
		DocumentCache:    200,
		PersistedQueries: 500,
		Limits: Limits{
			Bytes:      16 << 10,
			Tokens:     2000,
			Fragments:  30,
			Depth:      10,
			Aliases:    20,
			Complexity: 2000,
		},
		Streams: Streams{
			Max:              1000,
			MaxConnections:   500,
			MaxPerConnection: 20,
			MaxMessageBytes:  64 << 10,
			InitTimeout:      5 * time.Second,
			KeepAlive:        15 * time.Second,
			WriteTimeout:     10 * time.Second,
		},
	}
}

// Validate returns everything that is wrong with the configuration at once.
func (c Config) Validate() error {
	return errors.Join(
		check(c.OperationTimeout > 0, "graphql.operation_timeout must be positive"),
		check(c.DocumentCache > 0 && c.PersistedQueries > 0,
			"graphql.document_cache and graphql.persisted_queries must be positive"),
		c.Limits.validate(),
		c.Streams.validate(),
	)
}

func (l Limits) validate() error {
	least := min(l.Bytes, l.Tokens, l.Fragments, l.Depth, l.Aliases, l.Complexity)
	return check(least > 0, "graphql.limits must all be positive")
}

func (s Streams) validate() error {
	return errors.Join(
		check(min(s.Max, s.MaxConnections, s.MaxPerConnection) > 0 && s.MaxMessageBytes > 0,
			"the greatest numbers and sizes in graphql.streams must be positive"),
		check(min(s.InitTimeout, s.KeepAlive, s.WriteTimeout) > 0, "the durations in graphql.streams must be positive"),
		check(!slices.ContainsFunc(s.AllowedOrigins, badOrigin),
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
