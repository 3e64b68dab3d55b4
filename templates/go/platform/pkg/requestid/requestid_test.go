package requestid_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"goldpath.local/service/pkg/logging"
	"goldpath.local/service/pkg/requestid"
)

var harmless = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

// Whatever a caller sends, the id is harmless, and a harmless one is kept.
func TestOnlyHarmlessIDsAreTakenOver(t *testing.T) {
	anything := rapid.OneOf(rapid.String(), rapid.StringMatching(`[A-Za-z0-9._-]{0,70}`))
	rapid.Check(t, func(t *rapid.T) {
		sent := anything.Draw(t, "sent")
		got := requestid.Accept(sent)
		require.Regexp(t, harmless, got)
		require.Equal(t, harmless.MatchString(sent), got == sent)
	})
	first := requestid.Accept("")
	require.NotEqual(t, first, requestid.Accept(""))
	require.NotEqual(t, "a\nb", requestid.Accept("a\nb"))
	require.Len(t, requestid.Accept(strings.Repeat("a", 64)), 64)
}

func TestTheIDTravelsInTheContextAndIntoLogs(t *testing.T) {
	require.Empty(t, requestid.From(t.Context()))
	ctx := requestid.With(t.Context(), "abc")
	require.Equal(t, "abc", requestid.From(ctx))
	require.Equal(t, "def", requestid.From(requestid.With(ctx, "def")))

	var out bytes.Buffer
	log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: slog.LevelInfo})
	require.NoError(t, err)
	log.InfoContext(ctx, "hello")
	require.Contains(t, out.String(), `"request_id":"abc"`)
}

func ExampleAccept() {
	fmt.Println(requestid.Accept("order-7"))
	fmt.Println(requestid.Accept("order 7\n") == "order 7\n")
	// Output:
	// order-7
	// false
}

func BenchmarkAccept(b *testing.B) {
	for name, sent := range map[string]string{"kept": "0af7651916cd43dd8448eb211c80319c", "new": ""} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				requestid.Accept(sent)
			}
		})
	}
}
