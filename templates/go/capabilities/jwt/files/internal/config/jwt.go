package config

import (
	"errors"

	"goldpath.local/service/pkg/auth"
)

// devIssuer is tools/devissuer, which gives a token to whoever asks.
const devIssuer = "http://127.0.0.1:8090"

// Auth configures whose tokens are accepted.
type Auth = auth.Config

// defaultAuth trusts the development issuer. Other environments must name
// theirs.
func defaultAuth(audience string) Auth {
	cfg := auth.DefaultConfig()
	cfg.Issuer = devIssuer
	cfg.Audience = audience
	cfg.JWKSURL = devIssuer + "/.well-known/jwks.json"
	return cfg
}

// validateAuth also keeps a default that was forgotten from letting everybody in.
func (c Config) validateAuth() error {
	isLocal := c.Service.Environment == local || c.Auth.Issuer != devIssuer
	return errors.Join(
		c.Auth.Validate(),
		require(isLocal, "auth.issuer must be set: the development issuer is for the environment local only"),
	)
}
