package cache

import (
	"errors"
	"time"
)

// Config says how much a Cache keeps and for how long.
type Config struct {
	// LocalEntries bounds the values kept in the process; 0 keeps none there.
	LocalEntries int `mapstructure:"local_entries"`
	// LocalTTL is how long a value is kept in the process. It is also how long
	// an instance may go on with a value that another instance has invalidated.
	LocalTTL time.Duration `mapstructure:"local_ttl"`
	// TTL is how long a value is kept in Redis, less up to a tenth, so that values
	// stored together do not expire together.
	TTL time.Duration `mapstructure:"ttl"`
	// NegativeTTL is how long it is remembered that there is no value; 0 asks the
	// source every time.
	NegativeTTL time.Duration `mapstructure:"negative_ttl"`
	// MaxValueBytes bounds an encoded value. Larger ones are not cached.
	MaxValueBytes int `mapstructure:"max_value_bytes"`
	// LoadTimeout bounds reading a value from its source, and everything around it.
	LoadTimeout time.Duration `mapstructure:"load_timeout"`
	// RedisTimeout bounds one command. It is how much slower a read can get when
	// Redis does not answer.
	RedisTimeout time.Duration `mapstructure:"redis_timeout"`
}

// Validate reports every value that makes no sense.
func (c Config) Validate() error {
	var errs []error
	if c.LocalEntries < 0 {
		errs = append(errs, errors.New("cache.local_entries must not be negative"))
	}
	if c.TTL <= 0 || c.NegativeTTL < 0 || c.NegativeTTL > c.TTL {
		errs = append(errs, errors.New("cache.ttl must be positive, and cache.negative_ttl between 0 and it"))
	}
	if c.LocalEntries > 0 && (c.LocalTTL <= 0 || c.LocalTTL > c.TTL) {
		errs = append(errs, errors.New("cache.local_ttl must be positive and at most cache.ttl"))
	}
	if c.MaxValueBytes < 1 {
		errs = append(errs, errors.New("cache.max_value_bytes must be at least 1"))
	}
	if c.RedisTimeout <= 0 || c.LoadTimeout <= c.RedisTimeout {
		errs = append(errs, errors.New("cache.redis_timeout must be positive and below cache.load_timeout"))
	}
	return errors.Join(errs...)
}
