package crypto

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"errors"
	"fmt"
	"strings"
)

const (
	// keySize makes every key one of AES-256.
	keySize  = 32
	maxKeyID = 32
)

func isKeyID(id string) bool {
	if id == "" || len(id) > maxKeyID {
		return false
	}
	return strings.Trim(id, "abcdefghijklmnopqrstuvwxyz0123456789-") == ""
}

// ErrUnknownKey is a value under a key that the service does not have (any more).
var ErrUnknownKey = errors.New("unknown key-encryption key")

// ErrNotAuthentic is a value that was changed, cut, or moved from another field,
// or whose key is another one under the same id.
var ErrNotAuthentic = errors.New("not authentic")

// KeyWrapper encrypts data keys under key-encryption keys. A Keyring does it in
// the process; an adapter to a key management service asks that one. It must be
// safe for concurrent use.
type KeyWrapper interface {
	// PrimaryKey returns the id of the key that Wrap uses now.
	PrimaryKey() string
	// Wrap encrypts a data key and returns it with the id of the key it used.
	Wrap(ctx context.Context, dataKey []byte) (keyID string, wrapped []byte, err error)
	// Unwrap is the inverse of Wrap. Its errors are ErrUnknownKey,
	// ErrNotAuthentic, or those of the service behind it.
	Unwrap(ctx context.Context, keyID string, wrapped []byte) (dataKey []byte, err error)
}

// Keyring wraps data keys in the process, by AES-256-GCM under keys that it
// holds. One key may wrap 2^32 data keys (NIST SP 800-38D, 8.3: random nonces);
// make another the primary long before.
type Keyring struct {
	primary string
	keys    map[string]cipher.AEAD
}

// NewKeyring returns a keyring of 32-byte keys by id; primary is one of them.
func NewKeyring(primary string, keys map[string][]byte) (*Keyring, error) {
	ring := &Keyring{primary: primary, keys: make(map[string]cipher.AEAD, len(keys))}
	for id, key := range keys {
		if !isKeyID(id) {
			return nil, fmt.Errorf("key id %q must be up to 32 of a-z, 0-9 and -", id)
		}
		aead, err := newAEAD(key)
		if err != nil {
			return nil, fmt.Errorf("key %s: %w", id, err)
		}
		ring.keys[id] = aead
	}
	if _, ok := ring.keys[primary]; !ok {
		return nil, fmt.Errorf("the primary key %q is not among the keys", primary)
	}
	return ring, nil
}

// PrimaryKey returns the id of the key that Wrap uses.
func (k *Keyring) PrimaryKey() string { return k.primary }

// Wrap encrypts dataKey under the primary key.
func (k *Keyring) Wrap(_ context.Context, dataKey []byte) (string, []byte, error) {
	return k.primary, k.keys[k.primary].Seal(nil, nil, dataKey, []byte(k.primary)), nil
}

// Unwrap decrypts what Wrap made under the key with that id.
func (k *Keyring) Unwrap(_ context.Context, keyID string, wrapped []byte) ([]byte, error) {
	aead, ok := k.keys[keyID]
	if !ok {
		return nil, fmt.Errorf("%w %q", ErrUnknownKey, keyID)
	}
	dataKey, err := aead.Open(nil, nil, wrapped, []byte(keyID))
	if err != nil {
		return nil, fmt.Errorf("unwrap data key: %w", ErrNotAuthentic)
	}
	return dataKey, nil
}

// newAEAD returns AES-256-GCM that makes a random nonce for every message and
// puts it in front.
func newAEAD(key []byte) (cipher.AEAD, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("must be %d bytes long", keySize)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("create cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("create GCM: %w", err)
	}
	return aead, nil
}
