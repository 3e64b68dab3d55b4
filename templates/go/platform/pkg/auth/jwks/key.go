package jwks

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"slices"
)

// Limits of RSA keys: NIST SP 800-57 refuses shorter ones, and the cost of a
// verification grows with the square of the length.
const (
	minRSABits     = 2048
	maxRSABits     = 8192
	minRSAExponent = 65537 // FIPS 186-5, A.1.1
)

// Key is a public key and the algorithms that it serves. Binding
// them keeps a token from choosing how its key is read (RFC 8725, 3.1).
type Key struct {
	// Public is an *rsa.PublicKey, *ecdsa.PublicKey or ed25519.PublicKey.
	Public crypto.PublicKey
	// Algorithms are signature algorithms of RFC 7518 and RFC 8037.
	Algorithms []string
}

// jwk holds the members of RFC 7517 and RFC 7518 that matter for signatures.
// D and K are read only to refuse keys that should never have been published.
type jwk struct {
	ID         string   `json:"kid"`
	Type       string   `json:"kty"`
	Use        string   `json:"use"`
	Operations []string `json:"key_ops"`
	Algorithm  string   `json:"alg"`
	Curve      string   `json:"crv"`
	N          string   `json:"n"`
	E          string   `json:"e"`
	X          string   `json:"x"`
	Y          string   `json:"y"`
	D          string   `json:"d"`
	K          string   `json:"k"`
}

// parseKeys reads a JWK Set. Keys that cannot be used are left out, as RFC 7517
// section 5 wants it, and named in ignored; a set without any other is refused.
func parseKeys(document []byte, allowed []string, limit int) (keys map[string]Key, ignored, err error) {
	var set struct {
		Keys []json.RawMessage `json:"keys"`
	}
	if err := json.Unmarshal(document, &set); err != nil {
		return nil, nil, errors.New("not a JSON Web Key Set")
	}
	if len(set.Keys) > limit {
		return nil, nil, fmt.Errorf("%d keys are more than the %d allowed", len(set.Keys), limit)
	}
	keys = make(map[string]Key, len(set.Keys))
	var faults []error
	for _, raw := range set.Keys {
		id, key, err := parseKey(raw, allowed)
		if _, taken := keys[id]; taken && err == nil {
			err = errors.New("its id is taken")
		}
		if err != nil {
			faults = append(faults, fmt.Errorf("key %.64q: %w", id, err))
			continue
		}
		keys[id] = key
	}
	ignored = errors.Join(faults...)
	if len(keys) == 0 {
		return nil, ignored, errors.Join(errors.New("no usable key"), ignored)
	}
	return keys, ignored, nil
}

func parseKey(raw []byte, allowed []string) (id string, key Key, err error) {
	var k jwk
	if err := json.Unmarshal(raw, &k); err != nil {
		return "", Key{}, errors.New("not a JSON Web Key")
	}
	if err := k.checkPurpose(); err != nil {
		return k.ID, Key{}, err
	}
	public, algorithms, err := k.material()
	if err != nil {
		return k.ID, Key{}, err
	}
	algorithms = slices.DeleteFunc(algorithms, func(name string) bool {
		return !slices.Contains(allowed, name) || k.Algorithm != "" && k.Algorithm != name
	})
	if len(algorithms) == 0 {
		return k.ID, Key{}, errors.New("serves no allowed algorithm")
	}
	return k.ID, Key{public, algorithms}, nil
}

func (k jwk) checkPurpose() error {
	switch {
	case k.ID == "":
		return errors.New("has no id")
	case k.D != "" || k.K != "":
		return errors.New("is secret but published")
	case k.Use != "" && k.Use != "sig":
		return errors.New("is not for signatures")
	case k.Operations != nil && !slices.Contains(k.Operations, "verify"):
		return errors.New("is not for verification")
	default:
		return nil
	}
}

// material returns the public key and every algorithm that a key of its type
// and size can serve.
func (k jwk) material() (crypto.PublicKey, []string, error) {
	switch k.Type + " " + k.Curve {
	case "RSA ":
		return k.rsa()
	case "OKP Ed25519":
		return k.ed25519()
	case "EC P-256":
		return k.ecdsa(elliptic.P256(), "ES256")
	case "EC P-384":
		return k.ecdsa(elliptic.P384(), "ES384")
	case "EC P-521":
		return k.ecdsa(elliptic.P521(), "ES512")
	default:
		return nil, nil, errors.New("has an unsupported type or curve")
	}
}

func (k jwk) rsa() (crypto.PublicKey, []string, error) {
	n, errN := decode(k.N)
	e, errE := decode(k.E)
	if err := errors.Join(errN, errE); err != nil {
		return nil, nil, err
	}
	modulus, exponent := new(big.Int).SetBytes(n), new(big.Int).SetBytes(e)
	if bits := modulus.BitLen(); bits < minRSABits || bits > maxRSABits || modulus.Bit(0) == 0 {
		return nil, nil, fmt.Errorf("must have an odd modulus of %d to %d bits", minRSABits, maxRSABits)
	}
	if exponent.BitLen() > 31 || exponent.Int64() < minRSAExponent || exponent.Bit(0) == 0 {
		return nil, nil, fmt.Errorf("must have an odd exponent of %d or more, in 31 bits", minRSAExponent)
	}
	public := &rsa.PublicKey{N: modulus, E: int(exponent.Int64())}
	return public, []string{"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}, nil
}

func (k jwk) ecdsa(curve elliptic.Curve, algorithm string) (crypto.PublicKey, []string, error) {
	x, errX := decode(k.X)
	y, errY := decode(k.Y)
	if err := errors.Join(errX, errY); err != nil {
		return nil, nil, err
	}
	if size := (curve.Params().BitSize + 7) / 8; len(x) != size || len(y) != size {
		return nil, nil, fmt.Errorf("must have coordinates of %d bytes", size)
	}
	point := slices.Concat([]byte{4}, x, y) // SEC 1, 2.3.3: uncompressed
	public, err := ecdsa.ParseUncompressedPublicKey(curve, point)
	if err != nil {
		return nil, nil, errors.New("is not a point of its curve")
	}
	return public, []string{algorithm}, nil
}

func (k jwk) ed25519() (crypto.PublicKey, []string, error) {
	x, err := decode(k.X)
	if err != nil {
		return nil, nil, err
	}
	if len(x) != ed25519.PublicKeySize {
		return nil, nil, fmt.Errorf("must have %d bytes", ed25519.PublicKeySize)
	}
	return ed25519.PublicKey(x), []string{"EdDSA"}, nil
}

// decode reads base64url without padding (RFC 7515, 2).
func decode(text string) ([]byte, error) {
	decoded, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(decoded) == 0 {
		return nil, errors.New("lacks a member or has one that is not base64url")
	}
	return decoded, nil
}
