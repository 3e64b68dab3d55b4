package grpcserver

import (
	"strings"

	"google.golang.org/grpc/metadata"
)

// reply is metadata of the answer. It leaves as a header with the first message,
// and as a trailer when the call fails before there is one: a client that has
// received a header may not retry the call (gRPC proposal A6), so a header that
// only tells the id of the request would switch off all retries.
type reply struct{ pairs [][2]string }

// set adds a pair, unless gRPC could not carry it: one such pair would spoil the
// whole answer.
func (r *reply) set(key, value string) {
	key = strings.ToLower(key)
	if sendable(key, value) {
		r.pairs = append(r.pairs, [2]string{key, value})
	}
}

// sendable reports whether key and value are ASCII metadata, as "gRPC over
// HTTP/2" defines it.
func sendable(key, value string) bool {
	const inKeys = "abcdefghijklmnopqrstuvwxyz0123456789-_."
	notInKeys := func(c rune) bool { return !strings.ContainsRune(inKeys, c) }
	unprintable := func(c rune) bool { return c < ' ' || c > '~' }
	return key != "" && !strings.HasSuffix(key, "-bin") && !strings.ContainsFunc(key, notInKeys) &&
		!strings.ContainsFunc(value, unprintable)
}

// headerSetter is a ServerStream or what is under it.
type headerSetter interface {
	SetHeader(md metadata.MD) error
}

// transportStream is a grpc.ServerTransportStream.
type transportStream interface {
	headerSetter
	SetTrailer(md metadata.MD) error
}

// asHeader adds what is there to the header.
func (r *reply) asHeader(to headerSetter) {
	if len(r.pairs) > 0 {
		// It fails only if the header has been sent: by a handler that wanted so.
		_ = to.SetHeader(r.take())
	}
}

// finish sends what has not been sent yet.
func (r *reply) finish(to transportStream, err error) {
	if err == nil {
		r.asHeader(to)
		return
	}
	if len(r.pairs) > 0 {
		_ = to.SetTrailer(r.take())
	}
}

func (r *reply) take() metadata.MD {
	md := metadata.MD{}
	for _, pair := range r.pairs {
		md.Append(pair[0], pair[1])
	}
	r.pairs = nil
	return md
}
