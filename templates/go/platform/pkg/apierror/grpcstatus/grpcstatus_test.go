package grpcstatus_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/apierror/grpcstatus"
)

// overTheWire is what the status is on the other side.
func overTheWire(t require.TestingT, s *status.Status) error {
	sent, err := proto.Marshal(s.Proto())
	require.NoError(t, err)
	received := s.Proto()
	proto.Reset(received)
	require.NoError(t, proto.Unmarshal(sent, received))
	return status.ErrorProto(received)
}

// Every error that may be sent arrives as the same error on the other side.
func TestErrorSurvivesTheWire(t *testing.T) {
	field := rapid.Custom(func(t *rapid.T) apierror.Field {
		return apierror.Field{Field: rapid.String().Draw(t, "field"), Message: rapid.String().Draw(t, "message")}
	})
	rapid.Check(t, func(t *rapid.T) {
		sent := apierror.New(
			rapid.SampledFrom(apierror.Kinds()).Draw(t, "kind"),
			rapid.StringMatching(`[A-Z][A-Z_]{0,30}`).Draw(t, "reason"),
			rapid.String().Draw(t, "message"),
		).WithRetryAfter(time.Duration(rapid.Int64Range(0, int64(24*time.Hour)).Draw(t, "after")))
		if fields := rapid.SliceOfN(field, 0, 4).Draw(t, "fields"); len(fields) > 0 {
			sent = sent.WithFields(fields...)
		}
		for name, value := range rapid.MapOf(rapid.StringMatching(`[a-z_]{1,9}`), rapid.String()).Draw(t, "meta") {
			sent = sent.WithMeta(name, value)
		}
		wrapped := fmt.Errorf("use case: %w", sent.WithCause(errors.New("secret")))

		s := grpcstatus.FromError(wrapped, "ledger")
		require.NotContains(t, s.Message(), "secret")
		require.Equal(t, sent, grpcstatus.ToError(overTheWire(t, s)))
	})
}

func TestKindsMapOneToOneToCodes(t *testing.T) {
	seen := map[codes.Code]apierror.Kind{}
	for _, kind := range apierror.Kinds() {
		code := grpcstatus.Code(kind)
		require.NotContains(t, seen, code, "%s shares its code with %s", kind, seen[code])
		require.Equal(t, kind, grpcstatus.Kind(code))
		seen[code] = kind
	}
	require.Equal(t, codes.Internal, grpcstatus.Code(0))
}

func TestEveryCodeHasAKind(t *testing.T) {
	tests := map[codes.Code]apierror.Kind{
		codes.Canceled: apierror.Unavailable, codes.OutOfRange: apierror.Invalid, codes.AlreadyExists: apierror.Conflict,
		codes.Unknown: apierror.Internal, codes.DataLoss: apierror.Internal, codes.Unimplemented: apierror.Internal,
	}
	for code, want := range tests {
		require.Equal(t, want, grpcstatus.Kind(code), code.String())
	}
}

// Whatever bytes an error holds, its status can be sent, and is not too large.
func TestAnyErrorCanBeSent(t *testing.T) {
	bytes := rapid.SliceOfN(rapid.Byte(), 0, 3000)
	rapid.Check(t, func(t *rapid.T) {
		anything := func(label string) string { return string(bytes.Draw(t, label)) }
		fields := make([]apierror.Field, rapid.IntRange(0, 300).Draw(t, "fields"))
		for i := range fields {
			fields[i] = apierror.Field{Field: fmt.Sprintf("f%d\xff", i), Message: strings.Repeat("é", i)}
		}
		e := apierror.New(apierror.Invalid, anything("reason"), anything("message")).WithFields(fields...)
		received := grpcstatus.ToError(overTheWire(t, grpcstatus.New(e, anything("domain"))))
		require.Equal(t, apierror.Invalid, received.Kind)
		require.LessOrEqual(t, len(received.Fields), 64)
		for _, f := range append(received.Fields, apierror.Field{Field: received.Reason, Message: received.Message}) {
			require.True(t, utf8.ValidString(f.Field) && utf8.ValidString(f.Message))
			require.LessOrEqual(t, len(f.Message), 3*1024)
		}
	})
}

func TestTextIsCutBetweenCharacters(t *testing.T) {
	e := apierror.New(apierror.Invalid, "LONG", "x"+strings.Repeat("é", 1024))
	require.Equal(t, "x"+strings.Repeat("é", 511), grpcstatus.New(e, "").Message())
}

func TestWhatHandlersReturnBecomesAStatus(t *testing.T) {
	chosen := status.Error(codes.NotFound, "no such thing")
	tests := map[string]struct {
		err     error
		code    codes.Code
		message string
	}{
		"nothing":            {nil, codes.OK, ""},
		"of the model":       {apierror.New(apierror.Conflict, "TASK_DONE", "task is done"), codes.Aborted, "task is done"},
		"a status":           {chosen, codes.NotFound, "no such thing"},
		"a status of others": {fmt.Errorf("call 10.0.0.7: %w", chosen), codes.Internal, "internal error"},
		"anything":           {errors.New("password wrong"), codes.Internal, "internal error"},
		"too slow":           {fmt.Errorf("query: %w", context.DeadlineExceeded), codes.DeadlineExceeded, "the request took too long"},
		"given up":           {fmt.Errorf("query: %w", context.Canceled), codes.Canceled, "the request was cancelled"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			s := grpcstatus.FromError(tc.err, "ledger")
			require.Equal(t, tc.code, s.Code())
			require.Equal(t, tc.code, grpcstatus.CodeOf(tc.err))
			require.Equal(t, tc.message, s.Message())
		})
	}
}

// oddError claims to be one and is none.
type oddError struct{ error }

func (oddError) GRPCStatus() *status.Status { return nil }

func TestAnErrorIsNeverOK(t *testing.T) {
	require.Equal(t, codes.Internal, grpcstatus.FromError(oddError{errors.New("odd")}, "ledger").Code())
}

func TestStatusesOfStrangersBecomeErrors(t *testing.T) {
	address := `connection error: dial tcp 10.0.0.7:9090: connection refused`
	tests := map[string]struct {
		err    error
		kind   apierror.Kind
		reason string
		is     error
	}{
		"down":       {status.Error(codes.Unavailable, address), apierror.Unavailable, "UNAVAILABLE", nil},
		"too slow":   {status.Error(codes.DeadlineExceeded, address), apierror.Timeout, "DEADLINE_EXCEEDED", context.DeadlineExceeded},
		"given up":   {status.Error(codes.Canceled, address), apierror.Unavailable, "CANCELED", context.Canceled},
		"not found":  {status.Error(codes.NotFound, address), apierror.NotFound, "NOT_FOUND", nil},
		"no method":  {status.Error(codes.Unimplemented, address), apierror.Internal, "UNIMPLEMENTED", nil},
		"too large":  {status.Error(codes.ResourceExhausted, "grpc: received message larger than max (9 vs. 4)"), apierror.Invalid, "MESSAGE_TOO_LARGE", nil},
		"too many":   {status.Error(codes.ResourceExhausted, address), apierror.RateLimited, "RESOURCE_EXHAUSTED", nil},
		"no status":  {errors.New(address), apierror.Internal, "INTERNAL", nil},
		"ended here": {context.DeadlineExceeded, apierror.Timeout, "TIMEOUT", context.DeadlineExceeded},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			got := grpcstatus.ToError(tc.err)
			require.Equal(t, tc.kind, got.Kind)
			require.Equal(t, tc.reason, got.Reason)
			require.NotContains(t, got.Message, "10.0.0.7")
			require.Error(t, got.Unwrap(), "the log knows more")
			if tc.is != nil {
				require.ErrorIs(t, got, tc.is)
			}
		})
	}
	require.Nil(t, grpcstatus.ToError(nil))
	known := apierror.New(apierror.Unavailable, "CIRCUIT_OPEN", "down")
	require.Same(t, known, grpcstatus.ToError(fmt.Errorf("call: %w", known)))
}

func ExampleFromError() {
	err := apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	s := grpcstatus.FromError(fmt.Errorf("load task: %w", err), "tasks")
	fmt.Println(s.Code(), s.Message())
	fmt.Println(grpcstatus.ToError(s.Err()).Reason)
	// Output:
	// NotFound task not found
	// TASK_NOT_FOUND
}

func BenchmarkFromError(b *testing.B) {
	err := apierror.New(apierror.NotFound, "TASK_NOT_FOUND", "task not found")
	b.ReportAllocs()
	for b.Loop() {
		grpcstatus.FromError(err, "tasks")
	}
}
