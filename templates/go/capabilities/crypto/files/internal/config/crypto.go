package config

import (
	"errors"
	"fmt"

	"goldpath.local/service/pkg/config"
	"goldpath.local/service/pkg/crypto"
)

// Crypto configures the keys that fields are encrypted under.
type Crypto = crypto.Config

// localKey lets the service start on a developer's machine. It is public.
const (
	localKeyID = "local"
	localKey   = config.Secret(localKeyID + ":YSBsb2NhbCBrZXkgdGhhdCBrZWVwcyBubyBzZWNyZXQ=")
)

// defaultCrypto holds a key that everybody knows. Other environments set their own,
// best through APP_CRYPTO_KEYS_FILE.
func defaultCrypto() Crypto {
	return Crypto{Keys: localKey, PrimaryKey: localKeyID}
}

// validateCrypto also keeps a default that was forgotten from hiding nothing.
func (c Config) validateCrypto() error {
	isLocal := c.Service.Environment == local || c.Crypto.Keys != localKey
	err := c.Crypto.Validate()
	if err != nil {
		err = fmt.Errorf("crypto: %w", err)
	}
	return errors.Join(
		err,
		require(isLocal, "crypto.keys must be set: the key of the defaults is public and for the environment local only"),
	)
}
