package session_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"goldpath.local/service/pkg/rediscache/session"
)

func ExampleStore() {
	server, err := miniredis.Run() // stands in for Redis here
	if err != nil {
		fmt.Println(err)
		return
	}
	defer server.Close()
	client := redis.NewClient(&redis.Options{Addr: server.Addr()})
	defer func() { _ = client.Close() }()
	sessions, err := session.NewStore(client, session.Config{
		IdleTimeout: 30 * time.Minute, AbsoluteTimeout: 12 * time.Hour, MaxPerSubject: 5, MaxDataBytes: 1 << 10,
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	ctx := context.Background()
	token, _, err := sessions.Create(ctx, "user-1", []byte("theme=dark")) // the token goes into a cookie
	if err != nil {
		fmt.Println(err)
		return
	}
	found, err := sessions.Touch(ctx, token)
	fmt.Printf("%s %s %v\n", found.Subject, found.Data, err)
	ended, err := sessions.RevokeAll(ctx, "user-1") // the password was changed
	fmt.Println(ended, err)
	_, err = sessions.Touch(ctx, token)
	fmt.Println(errors.Is(err, session.ErrEnded))
	// Output:
	// user-1 theme=dark <nil>
	// 1 <nil>
	// true
}
