package auth

import (
	"errors"
	"strings"

	"goldpath.local/service/pkg/apierror"
)

// BearerToken returns the token in the value of an Authorization field (RFC
// 6750, 2.1). No value, or one of another scheme, is ErrTokenMissing; a bearer
// token that is not one word of its alphabet is ErrTokenInvalid. A request with
// several Authorization fields must be refused by who can see them.
func BearerToken(header string) (string, error) {
	scheme, token, _ := strings.Cut(header, " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return "", ErrTokenMissing
	}
	token = strings.TrimLeft(token, " ")
	if !isBearerToken(token) {
		return "", ErrTokenInvalid
	}
	return token, nil
}

// isBearerToken reports whether text is a b64token of RFC 6750.
func isBearerToken(text string) bool {
	body := strings.TrimRight(text, "=")
	return body != "" && strings.IndexFunc(body, func(r rune) bool { return !isTokenRune(r) }) < 0
}

func isTokenRune(r rune) bool {
	switch {
	case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9':
		return true
	default:
		return strings.ContainsRune("-._~+/", r)
	}
}

// Challenge returns the value of the WWW-Authenticate field that belongs to the
// answer err (RFC 6750, 3), or "" when the answer needs none. realm names what
// is protected, usually the service.
func Challenge(realm string, err error) string {
	challenge := `Bearer realm="` + quotable(realm) + `"`
	e := apierror.From(err)
	switch {
	case e == nil:
		return ""
	case errors.Is(e, ErrTokenMissing): // a caller who showed nothing is told of no error
		return challenge
	case e.Kind == apierror.Unauthenticated:
		return challenge + `, error="invalid_token", error_description="` + quotable(e.Message) + `"`
	case e.Kind == apierror.PermissionDenied:
		return challenge + `, error="insufficient_scope"`
	default:
		return ""
	}
}

// quotable drops what may not stand between quotes in RFC 6750.
func quotable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' || r == '"' || r == '\\' {
			return -1
		}
		return r
	}, text)
}
