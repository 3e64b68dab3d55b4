package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

const graphQLPath = "/graphql"

// graphQLAPI reads one task again and again, and creates others.
func graphQLAPI() api {
	return api{
		name:    "graphql",
		prepare: prepareGraphQL,
		failure: graphQLFailure,
		options: func(settings) []func(*vegeta.Attacker) { return nil },
	}
}

func prepareGraphQL(ctx context.Context, s settings) ([]vegeta.Target, error) {
	create := operation(s, `mutation Create { createTask(input: {title: "load test"}) { task { id } } }`, nil)
	body, _, err := send(ctx, http.DefaultClient, create)
	if err != nil {
		return nil, fmt.Errorf("create task: %w", err)
	}
	var answer struct {
		Data struct {
			CreateTask struct{ Task struct{ ID string } }
		}
	}
	if err := json.Unmarshal(body, &answer); err != nil || answer.Data.CreateTask.Task.ID == "" {
		return nil, fmt.Errorf("create task: %s", body)
	}
	variables := map[string]any{"id": answer.Data.CreateTask.Task.ID}
	read := operation(s, `query Read($id: ID!) { task(id: $id) { id title notes status version } }`, variables)
	return roundOf(read, create), nil
}

func operation(s settings, query string, variables map[string]any) vegeta.Target {
	body, _ := json.Marshal(map[string]any{"query": query, "variables": variables}) // texts always can be encoded
	return post(s, s.base+graphQLPath, "application/json", body)
}

// graphQLFailure returns the errors of an answer, whose status is 200 all the same.
func graphQLFailure(result *vegeta.Result) string {
	if result.Error != "" || !bytes.Contains(result.Body, []byte(`"errors":`)) {
		return ""
	}
	return string(result.Body)
}
