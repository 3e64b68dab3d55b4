package logging_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"

	"goldpath.local/service/pkg/logging"
)

// What is put into the context once is part of every record that is logged with it.
func ExampleWith() {
	var out strings.Builder
	log, err := logging.New(&out, logging.Options{Backend: logging.Zap, Level: slog.LevelInfo})
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx := logging.With(context.Background(), slog.String("request_id", "r-1"))
	log.DebugContext(ctx, "not written: the level is info")
	log.InfoContext(ctx, "task created", "task_id", 7)

	var record map[string]any
	if err := json.Unmarshal([]byte(out.String()), &record); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(record["level"], record["msg"], record["request_id"], record["task_id"])
	// Output: info task created r-1 7
}

func ExampleParseLevel() {
	level, err := logging.ParseLevel("Warn")
	fmt.Println(level, err)
	_, err = logging.ParseLevel("loud")
	fmt.Println(err != nil)
	// Output:
	// WARN <nil>
	// true
}
