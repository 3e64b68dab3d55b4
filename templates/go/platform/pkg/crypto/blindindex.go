package crypto

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"

	"golang.org/x/text/unicode/norm"
)

// indexSize is the length of an index before base64: 128 bits, at which two
// values share one by chance only among 2^64, and half of what HMAC gives.
const indexSize = 16

// BlindIndex makes, of a value that is stored encrypted, a code by which it can
// be found again: a column with an index, or a unique one. Equal values have
// equal codes, so a column of codes tells which rows are alike and how often;
// without the key nobody can test guesses. Use it for values with many
// possibilities, such as addresses, and not for a sex or a year of birth.
type BlindIndex struct {
	key       []byte
	normalize func(string) string
}

// NewBlindIndex returns an index with a 32-byte key that encrypts nothing else.
// Values that normalize makes equal have the same code.
func NewBlindIndex(key []byte, normalize func(string) string) (*BlindIndex, error) {
	if len(key) != keySize {
		return nil, fmt.Errorf("the key of a blind index must be %d bytes long", keySize)
	}
	return &BlindIndex{append([]byte(nil), key...), normalize}, nil
}

// Code returns the code of value in a column: HMAC-SHA-256 (RFC 2104), truncated
// to 128 bits (its section 5), as 22 characters of base64url. The same value has
// unrelated codes in different columns.
func (b *BlindIndex) Code(table, column, value string) string {
	mac := hmac.New(sha256.New, b.key)
	// A hash never returns an error. The value comes last, so it needs no length.
	_, _ = mac.Write(Field{Table: table, Column: column}.associatedData())
	_, _ = mac.Write([]byte(b.normalize(value)))
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil)[:indexSize])
}

// Exact normalizes nothing but the encoding of characters (Unicode NFC).
func Exact(value string) string { return norm.NFC.String(value) }

// CaseInsensitive makes values equal that differ in case, in surrounding space,
// or in the look of characters only (Unicode NFKC), as people expect it of names
// and of addresses.
func CaseInsensitive(value string) string {
	return strings.TrimSpace(norm.NFKC.String(strings.ToLower(norm.NFKC.String(value))))
}
