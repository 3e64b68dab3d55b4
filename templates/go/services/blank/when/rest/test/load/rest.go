package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const tasksPath = "/api/v1/tasks"

// restAPI reads one task again and again, and creates others.
func restAPI() api {
	return api{
		name:    "rest",
		prepare: prepareREST,
		failure: func(*vegeta.Result) string { return "" }, // the status says it all
		options: func(settings) []func(*vegeta.Attacker) { return nil },
	}
}

func prepareREST(ctx context.Context, s settings) ([]vegeta.Target, error) {
	create := post(s, s.base+tasksPath, "application/json", []byte(`{"title":"load test"}`))
	body, _, err := send(ctx, http.DefaultClient, create)
	if err != nil {
		return nil, fmt.Errorf("create task: %w", err)
	}
	var task struct{ ID string }
	if err := json.Unmarshal(body, &task); err != nil {
		return nil, fmt.Errorf("create task: %w", err)
	}
	read := vegeta.Target{Method: http.MethodGet, URL: s.base + tasksPath + "/" + task.ID, Header: create.Header}
	return roundOf(read, create), nil
}
