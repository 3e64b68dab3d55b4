package crypto

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"

	"goldpath.local/service/pkg/apierror"
)

// ErrPasswordTooLong refuses a password that nobody types.
var ErrPasswordTooLong = apierror.New(apierror.Invalid, "PASSWORD_TOO_LONG", "the password is too long")

// PasswordConfig says how hard it is to guess a password whose hash is known.
type PasswordConfig struct {
	// MemoryKiB is what one hash takes, in KiB.
	MemoryKiB uint32 `mapstructure:"memory_kib"`
	// Iterations are the passes over that memory.
	Iterations uint32 `mapstructure:"iterations"`
	// Parallelism is the number of lanes, and of threads while one hash is made.
	Parallelism uint8 `mapstructure:"parallelism"`
	// MaxConcurrent bounds the hashes in the making, and with them the memory:
	// MaxConcurrent times MemoryKiB must fit beside everything else. More wait.
	MaxConcurrent int `mapstructure:"max_concurrent"`
	// MaxLength bounds passwords, in bytes.
	MaxLength int `mapstructure:"max_length"`
}

// DefaultPasswordConfig returns what OWASP recommends for argon2id: 19 MiB, two
// passes, one lane; with four at a time, 76 MiB. Where memory is plenty, take the
// second choice of RFC 9106 (section 4): 64 MiB, three passes, four lanes.
func DefaultPasswordConfig() PasswordConfig {
	return PasswordConfig{MemoryKiB: 19 << 10, Iterations: 2, Parallelism: 1, MaxConcurrent: 4, MaxLength: 256}
}

// The least that OWASP lists: from 46 MiB and one pass to 7 MiB and five.
const (
	minMemoryKiB = 7 << 10
	minWork      = minMemoryKiB * 5
)

// Validate refuses parameters that are weaker than any that OWASP recommends, or
// beyond what Verify accepts.
func (c PasswordConfig) Validate() error {
	var errs []error
	if c.MemoryKiB < minMemoryKiB || uint64(c.MemoryKiB)*uint64(c.Iterations) < minWork {
		errs = append(errs, errors.New("password: memory_kib must be at least 7168, and times iterations 35840"))
	}
	if err := c.params().validate(); err != nil {
		errs = append(errs, fmt.Errorf("password: %w", err))
	}
	if c.MaxConcurrent < 1 {
		errs = append(errs, errors.New("password: max_concurrent must be at least 1"))
	}
	if c.MaxLength < 64 || c.MaxLength > 4096 {
		errs = append(errs, errors.New("password: max_length must be between 64 and 4096"))
	}
	return errors.Join(errs...)
}

func (c PasswordConfig) params() params {
	return params{memory: c.MemoryKiB, time: c.Iterations, threads: c.Parallelism}
}

const (
	saltSize = 16 // RFC 9106, section 4
	hashSize = 32
)

// Passwords hashes and verifies passwords by argon2id (RFC 9106). It is safe for
// concurrent use; one per process keeps to the bound on memory.
type Passwords struct {
	cfg   PasswordConfig
	slots chan struct{}
}

// NewPasswords returns an error when cfg is not valid.
func NewPasswords(cfg PasswordConfig) (*Passwords, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	return &Passwords{cfg: cfg, slots: make(chan struct{}, cfg.MaxConcurrent)}, nil
}

// Hash returns the hash of password to store, in the PHC string format:
// $argon2id$v=19$m=19456,t=2,p=1$<salt>$<hash>. Each has a salt of its own. It
// returns ErrPasswordTooLong, or the error of ctx when that ends while others
// hash.
func (p *Passwords) Hash(ctx context.Context, password string) (string, error) {
	if len(password) > p.cfg.MaxLength {
		return "", ErrPasswordTooLong
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: crypto/rand ends the process instead
	record := record{params: p.cfg.params(), salt: salt, hash: make([]byte, hashSize)}
	hash, err := p.compute(ctx, record, password)
	if err != nil {
		return "", err
	}
	record.hash = hash
	return record.String(), nil
}

// Verify reports whether password is the one that stored was made of, in a time
// that does not depend on how much of it is right. The error is that of ctx, or
// ErrMalformed if stored is no hash that this package would make.
func (p *Passwords) Verify(ctx context.Context, password, stored string) (bool, error) {
	want, err := parseRecord(stored)
	if err != nil {
		return false, err
	}
	if len(password) > p.cfg.MaxLength {
		return false, nil
	}
	got, err := p.compute(ctx, want, password)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(got, want.hash) == 1, nil
}

// VerifyNobody takes as long as Verify. Call it for a user who does not exist,
// or the time of the answer tells who does.
func (p *Passwords) VerifyNobody(ctx context.Context, password string) error {
	if len(password) > p.cfg.MaxLength {
		return nil
	}
	nobody := record{params: p.cfg.params(), salt: make([]byte, saltSize), hash: make([]byte, hashSize)}
	_, err := p.compute(ctx, nobody, password)
	return err
}

// NeedsRehash reports whether stored was made with other parameters than those of
// the configuration. Ask after a successful Verify, while the password is known.
func (p *Passwords) NeedsRehash(stored string) bool {
	got, err := parseRecord(stored)
	return err != nil || got.params != p.cfg.params() || len(got.salt) != saltSize || len(got.hash) != hashSize
}

// compute hashes password with salt and parameters of r, to the length of its
// hash. Characters that keyboards encode differently are the same (RFC 8265, 4.2).
func (p *Passwords) compute(ctx context.Context, r record, password string) ([]byte, error) {
	select {
	case p.slots <- struct{}{}:
		defer func() { <-p.slots }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	text := norm.NFC.Bytes([]byte(password))
	return argon2.IDKey(text, r.salt, r.time, r.memory, r.threads, uint32(len(r.hash))), nil //nolint:gosec // at most 64
}

// Bounds on what Verify computes: a stored hash comes from a database, and must
// not be able to take all memory of the process.
const (
	maxMemoryKiB = 256 << 10
	maxTime      = 16
	maxThreads   = 16
	minBytes     = 8
	maxBytes     = 64
	maxRecord    = 256
)

// params are those of argon2id.
type params struct {
	memory  uint32 // KiB
	time    uint32
	threads uint8
}

// validate also keeps argon2 from panicking.
func (p params) validate() error {
	if p.threads < 1 || p.threads > maxThreads || p.time < 1 || p.time > maxTime ||
		p.memory < 8*uint32(p.threads) || p.memory > maxMemoryKiB {
		return fmt.Errorf("argon2id takes 1 to %d passes, 1 to %d lanes, and 8 KiB per lane to %d KiB",
			maxTime, maxThreads, maxMemoryKiB)
	}
	return nil
}

// record is a stored hash, in parts.
type record struct {
	params

	salt, hash []byte
}

// String returns r in the PHC string format.
func (r record) String() string {
	text := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s",
		argon2.Version, r.memory, r.time, r.threads, text.EncodeToString(r.salt), text.EncodeToString(r.hash))
}

// parseRecord accepts exactly what String returns, within the bounds.
func parseRecord(text string) (record, error) {
	parts := strings.Split(text, "$")
	if len(text) > maxRecord || len(parts) != 6 {
		return record{}, fmt.Errorf("%w: no argon2id hash", ErrMalformed)
	}
	var (
		r     record
		level int
	)
	head := strings.Join(parts[:4], "$")
	_, err := fmt.Sscanf(head, "$argon2id$v=%d$m=%d,t=%d,p=%d", &level, &r.memory, &r.time, &r.threads)
	if err != nil {
		return record{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	var saltErr, hashErr error
	r.salt, saltErr = base64.RawStdEncoding.DecodeString(parts[4])
	r.hash, hashErr = base64.RawStdEncoding.DecodeString(parts[5])
	if err := errors.Join(saltErr, hashErr, r.validate()); err != nil {
		return record{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	// The comparison refuses other versions and other spellings of the same.
	if min(len(r.salt), len(r.hash)) < minBytes || max(len(r.salt), len(r.hash)) > maxBytes || r.String() != text {
		return record{}, fmt.Errorf("%w: no argon2id hash of this version", ErrMalformed)
	}
	return r, nil
}
