package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
)

const tasksPath = "/api/v1/tasks"

func newTask() []byte { return []byte(`{"title":"load test"}`) }

func headers(s settings) http.Header {
	header := http.Header{"Content-Type": {"application/json"}}
	if s.token != "" {
		header.Set("Authorization", "Bearer "+s.token)
	}
	return header
}

// createTask returns the address of a task that can be read.
func createTask(ctx context.Context, s settings) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.base+tasksPath, bytes.NewReader(newTask()))
	if err != nil {
		return "", fmt.Errorf("create task: %w", err)
	}
	req.Header = headers(s)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", fmt.Errorf("create task: %w", err)
	}
	defer func() { _ = res.Body.Close() }() // it was only read
	if res.StatusCode != http.StatusCreated {
		return "", fmt.Errorf("create task: status %d", res.StatusCode)
	}
	var task struct {
		ID string `json:"id"`
	}
	if err := json.NewDecoder(res.Body).Decode(&task); err != nil {
		return "", fmt.Errorf("create task: %w", err)
	}
	return s.base + tasksPath + "/" + task.ID, nil
}
