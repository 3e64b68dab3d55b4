package idempotency

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"strings"

	"goldpath.local/service/pkg/apierror"
)

// HeaderName is the field that carries the key.
const HeaderName = "Idempotency-Key"

const maxKeyBytes = 255

// ParseKey returns the key in a field value: a string of structured fields (RFC 9651,
// 3.3.3), in quotes, or the same without quotes as most clients send it. Keys have 1
// to 255 printable ASCII characters; clients should send a random UUID. The error is
// of kind Invalid.
func ParseKey(value string) (string, error) {
	key := strings.TrimSpace(value)
	if key == "" {
		return "", apierror.New(apierror.Invalid, "IDEMPOTENCY_KEY_REQUIRED", "the header "+HeaderName+" is required")
	}
	ok := true
	if strings.HasPrefix(key, `"`) {
		key, ok = unquote(key)
	}
	if !ok || key == "" || len(key) > maxKeyBytes || strings.ContainsFunc(key, notPrintable) {
		return "", apierror.Newf(apierror.Invalid, "IDEMPOTENCY_KEY_INVALID",
			"the header %s must be a string of 1 to %d printable ASCII characters", HeaderName, maxKeyBytes)
	}
	return key, nil
}

func notPrintable(r rune) bool { return r < ' ' || r > '~' }

// unquote removes the quotes and the backslashes before quotes and backslashes.
func unquote(quoted string) (string, bool) {
	if len(quoted) < 2 || !strings.HasSuffix(quoted, `"`) {
		return "", false
	}
	content := quoted[1 : len(quoted)-1]
	var text strings.Builder
	for i := 0; i < len(content); i++ {
		switch content[i] {
		case '"':
			return "", false
		case '\\':
			i++
			if i == len(content) || (content[i] != '"' && content[i] != '\\') {
				return "", false
			}
		}
		text.WriteByte(content[i])
	}
	return text.String(), true
}

// Fingerprint stands for the content of a request: its method, its path with the
// query, and its body. A different order or number of parts is different content.
func Fingerprint(parts ...[]byte) string {
	hash := sha256.New()
	var length [8]byte
	for _, part := range parts {
		// With their lengths, no two lists of parts look the same.
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		hash.Write(length[:])
		hash.Write(part)
	}
	return hex.EncodeToString(hash.Sum(nil))
}
