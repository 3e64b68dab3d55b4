package crypto

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

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
