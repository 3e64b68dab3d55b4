package app

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc"

	"goldpath.local/service/pkg/auth"
	"goldpath.local/service/pkg/auth/authtest"
)

// stream is a stream of nothing but its context.
type stream struct {
	grpc.ServerStream

	ctx context.Context
}

func (s stream) Context() context.Context { return s.ctx }

// untilEnd is a handler that goes on for as long as it may.
func untilEnd(_ any, s grpc.ServerStream) error {
	<-s.Context().Done()
	return s.Context().Err()
}

func TestAStreamEndsWithTheTokenThatOpenedIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		opened := time.Now()
		ctx := auth.NewContext(t.Context(), auth.Principal{Subject: "a", ExpiresAt: opened.Add(time.Hour)})
		require.ErrorIs(t, endWithToken(nil, stream{ctx: ctx}, nil, untilEnd), auth.ErrTokenExpired)
		require.Equal(t, time.Hour, time.Since(opened))
	})
}

func TestStreamsEndForOtherReasons(t *testing.T) {
	valid := auth.NewContext(t.Context(), auth.Principal{Subject: "a", ExpiresAt: time.Now().Add(time.Hour)})
	left, leave := context.WithCancel(valid)
	leave()
	nobody, end := context.WithCancel(t.Context())
	end()
	failure := errors.New("failure")

	require.ErrorIs(t, endWithToken(nil, stream{ctx: left}, nil, untilEnd), context.Canceled)
	require.ErrorIs(t, endWithToken(nil, stream{ctx: nobody}, nil, untilEnd), context.Canceled)
	for want, handler := range map[error]grpc.StreamHandler{
		nil:     func(any, grpc.ServerStream) error { return nil },
		failure: func(any, grpc.ServerStream) error { return failure },
	} {
		require.Equal(t, want, endWithToken(nil, stream{ctx: valid}, nil, handler))
	}
}

func TestTheCallerIsInTheContext(t *testing.T) {
	issuer := authtest.NewIssuer(t)
	verifier := issuer.Verifier(t)
	authtest.Run(t, verifier)
	a := &App{authentication: authentication{verifier: verifier}}

	ctx, err := a.authenticateCall(t.Context(), issuer.Token(authtest.Subject("alice")))
	require.NoError(t, err)
	caller, known := auth.FromContext(ctx)
	require.True(t, known)
	require.Equal(t, "alice", caller.Subject)

	_, err = a.authenticateCall(t.Context(), "nonsense")
	require.ErrorIs(t, err, auth.ErrTokenInvalid)
}
