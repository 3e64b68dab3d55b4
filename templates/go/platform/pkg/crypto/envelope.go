package crypto

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"
)

const (
	version = "v1"
	// overhead is what AES-GCM adds: a nonce of 12 and a tag of 16 bytes.
	overhead = 12 + 16
	// MaxPlaintext is the greatest value that Seal takes, in bytes: this is for
	// fields, not for files.
	MaxPlaintext = 1 << 20
	// maxWrapped leaves room for the data keys of a key management service.
	maxWrapped = 1 << 10
)

// ErrMalformed is text that neither Seal nor Hash has made.
var ErrMalformed = errors.New("malformed text")

// ErrTooLong is a plaintext above MaxPlaintext.
var ErrTooLong = errors.New("value too long to encrypt")

// Field says where a value lies. An encrypted value opens only as the field it
// was sealed as, so nobody with access to the database can move it to another
// row or column. Renaming one of the three means to seal all values anew.
type Field struct {
	// Table, or whatever else the kind of record is called.
	Table string
	// Column is the part of the record.
	Column string
	// ID is the key of the record, which must never change.
	ID string
}

// associatedData is injective: no two fields have the same bytes.
func (f Field) associatedData() []byte {
	data := make([]byte, 0, len(version)+len(f.Table)+len(f.Column)+len(f.ID)+3*binary.MaxVarintLen64)
	data = append(data, version...)
	for _, part := range []string{f.Table, f.Column, f.ID} {
		data = binary.AppendUvarint(data, uint64(len(part)))
		data = append(data, part...)
	}
	return data
}

// Envelope encrypts values, each by AES-256-GCM under a random data key of its
// own, which it stores beside the value, wrapped by a key-encryption key. It is
// safe for concurrent use.
type Envelope struct{ keys KeyWrapper }

// NewEnvelope returns an envelope over a Keyring or another KeyWrapper.
func NewEnvelope(keys KeyWrapper) *Envelope { return &Envelope{keys} }

// Seal encrypts plaintext as the value of field. The result is ASCII,
//
//	v1.<key id>.<wrapped data key>.<nonce, ciphertext and tag>
//
// with the last two in base64url without padding: with a Keyring 123 characters
// and the key id, plus four for every three bytes of plaintext. Values under old
// keys are found by their beginning: WHERE email NOT LIKE 'v1.2026-04.%'.
func (e *Envelope) Seal(ctx context.Context, plaintext []byte, field Field) (string, error) {
	if len(plaintext) > MaxPlaintext {
		return "", fmt.Errorf("%w: %d bytes, allowed are %d", ErrTooLong, len(plaintext), MaxPlaintext)
	}
	dataKey := make([]byte, keySize)
	_, _ = rand.Read(dataKey) // never fails: crypto/rand ends the process instead
	aead, err := newAEAD(dataKey)
	if err != nil {
		return "", fmt.Errorf("use data key: %w", err)
	}
	keyID, wrapped, err := e.keys.Wrap(ctx, dataKey)
	if err != nil {
		return "", fmt.Errorf("wrap data key: %w", err)
	}
	return sealed{keyID, wrapped, aead.Seal(nil, nil, plaintext, field.associatedData())}.String(), nil
}

// Open decrypts what Seal made of the same field. Its errors are ErrMalformed,
// ErrUnknownKey, ErrNotAuthentic, or those of the KeyWrapper.
func (e *Envelope) Open(ctx context.Context, text string, field Field) ([]byte, error) {
	value, err := parse(text)
	if err != nil {
		return nil, err
	}
	dataKey, err := e.keys.Unwrap(ctx, value.keyID, value.wrapped)
	if err != nil {
		return nil, err
	}
	aead, err := newAEAD(dataKey)
	if err != nil {
		return nil, fmt.Errorf("use data key: %w", err)
	}
	plaintext, err := aead.Open(nil, nil, value.ciphertext, field.associatedData())
	if err != nil {
		return nil, fmt.Errorf("decrypt %s.%s: %w", field.Table, field.Column, ErrNotAuthentic)
	}
	return plaintext, nil
}

// NeedsRotation reports whether text is under another key than the primary one.
// It looks at the beginning only; Rewrap refuses text that Seal has not made.
func (e *Envelope) NeedsRotation(text string) bool {
	return !strings.HasPrefix(text, version+"."+e.keys.PrimaryKey()+".")
}

// Rewrap returns the same value with its data key under the primary key. The
// value itself is neither decrypted nor looked at, so rotation needs no access to
// plaintext. A key that became known needs more: open and seal every value, for
// whoever has it may also have kept the data keys.
func (e *Envelope) Rewrap(ctx context.Context, text string) (string, error) {
	value, err := parse(text)
	if err != nil {
		return "", err
	}
	dataKey, err := e.keys.Unwrap(ctx, value.keyID, value.wrapped)
	if err != nil {
		return "", err
	}
	if value.keyID, value.wrapped, err = e.keys.Wrap(ctx, dataKey); err != nil {
		return "", fmt.Errorf("wrap data key: %w", err)
	}
	return value.String(), nil
}

// sealed is an encrypted value, in parts.
type sealed struct {
	keyID      string
	wrapped    []byte
	ciphertext []byte
}

// String returns the value as it is stored.
func (s sealed) String() string {
	text := base64.RawURLEncoding
	return strings.Join([]string{version, s.keyID, text.EncodeToString(s.wrapped), text.EncodeToString(s.ciphertext)}, ".")
}

// parse accepts exactly what String returns, so that no value has two spellings.
func parse(text string) (sealed, error) {
	if len(text) > base64.RawURLEncoding.EncodedLen(MaxPlaintext+overhead+maxWrapped)+len(version)+len("...")+maxKeyID {
		return sealed{}, fmt.Errorf("%w: too long", ErrMalformed)
	}
	parts := strings.Split(text, ".")
	if len(parts) != 4 || parts[0] != version || !isKeyID(parts[1]) {
		return sealed{}, fmt.Errorf("%w: does not begin with a known version and a key id", ErrMalformed)
	}
	if strings.ContainsAny(text, "\r\n") { // which the decoder would skip
		return sealed{}, fmt.Errorf("%w: has line breaks", ErrMalformed)
	}
	strict := base64.RawURLEncoding.Strict()
	wrapped, wrappedErr := strict.DecodeString(parts[2])
	ciphertext, err := strict.DecodeString(parts[3])
	if err = errors.Join(wrappedErr, err); err != nil {
		return sealed{}, fmt.Errorf("%w: %w", ErrMalformed, err)
	}
	return sealed{parts[1], wrapped, ciphertext}, nil
}
