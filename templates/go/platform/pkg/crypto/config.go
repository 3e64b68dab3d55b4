// Package crypto protects single fields that a service stores: envelope
// encryption with keys that rotate, blind indexes to find encrypted values, and
// hashes of passwords.
package crypto

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"goldpath.local/service/pkg/config"
)

// Config holds the keys of a service. All are random and come from files that
// are mounted; `openssl rand -base64 32` makes one.
type Config struct {
	// Keys are the key-encryption keys, as id:key with 32 bytes in base64 each,
	// parted by commas or line breaks. An id has up to 32 of a-z, 0-9 and the
	// hyphen, for instance 2026-04. Keys that nothing is encrypted under any more
	// may go.
	Keys config.Secret `mapstructure:"keys"`
	// PrimaryKey is the id of the key that new values are encrypted under. To
	// rotate, add a key everywhere, then make it the primary, then rewrap.
	PrimaryKey string `mapstructure:"primary_key"`
	// BlindIndexKey is the key of blind indexes, 32 bytes in base64. It is no
	// key-encryption key: it cannot change without writing all indexes anew.
	BlindIndexKey config.Secret `mapstructure:"blind_index_key"`
}

// Validate reports what would make Keyring or BlindIndex fail.
func (c Config) Validate() error {
	_, err := c.Keyring()
	if c.BlindIndexKey != "" {
		_, indexErr := c.BlindIndex(CaseInsensitive)
		err = errors.Join(err, indexErr)
	}
	return err
}

// Keyring returns the key-encryption keys. No error quotes a key.
func (c Config) Keyring() (*Keyring, error) {
	keys := map[string][]byte{}
	for _, entry := range strings.FieldsFunc(c.Keys.Reveal(), isSeparator) {
		id, text, _ := strings.Cut(strings.TrimSpace(entry), ":")
		if !isKeyID(id) {
			return nil, errors.New("crypto.keys: an entry does not begin with the id of a key")
		}
		if _, ok := keys[id]; ok {
			return nil, fmt.Errorf("crypto.keys: %s is there twice", id)
		}
		key, err := decodeKey(text)
		if err != nil {
			return nil, fmt.Errorf("crypto.keys: %s: %w", id, err)
		}
		keys[id] = key
	}
	return NewKeyring(c.PrimaryKey, keys)
}

// BlindIndex returns the index whose values are compared as normalize makes them.
func (c Config) BlindIndex(normalize func(string) string) (*BlindIndex, error) {
	key, err := decodeKey(c.BlindIndexKey.Reveal())
	if err != nil {
		return nil, fmt.Errorf("crypto.blind_index_key: %w", err)
	}
	return NewBlindIndex(key, normalize)
}

func isSeparator(r rune) bool { return r == ',' || r == '\n' || r == '\r' }

func decodeKey(text string) ([]byte, error) {
	key, err := base64.StdEncoding.DecodeString(strings.TrimSpace(text))
	if err != nil || len(key) != keySize {
		return nil, fmt.Errorf("must be %d bytes in base64", keySize)
	}
	return key, nil
}
