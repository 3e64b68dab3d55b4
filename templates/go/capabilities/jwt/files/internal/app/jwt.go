package app

import (
	"goldpath.local/service/pkg/auth"
)

// authentication knows whose tokens are accepted.
type authentication struct {
	verifier *auth.Verifier
}

// wireJWT adds what verifies tokens. An issuer that does not answer at start
// makes the service unready, not dead; later it is not missed until its keys change.
func (a *App) wireJWT() error {
	verifier, err := auth.New(a.cfg.Auth, a.registry, a.log)
	if err != nil {
		return err
	}
	a.verifier = verifier
	a.probes.Register("signing_keys", verifier.Ready)
	a.group.Add(verifier.Component(a.group.Fail))
	return nil
}
