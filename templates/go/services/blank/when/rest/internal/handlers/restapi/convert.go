package restapi

import (
	"fmt"
	"strconv"
	"strings"

	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/domain"
	"goldpath.local/service/internal/services"
	"goldpath.local/service/pkg/apierror"
	"goldpath.local/service/pkg/openapi"
)

// query reads the parameters of a list, which all versions share.
func query(cursor *rest.Cursor, limit *rest.Limit, status *rest.Status) (services.TaskQuery, error) {
	var wrong []apierror.Field
	if cursor != nil && *cursor == "" {
		wrong = append(wrong, apierror.Field{Field: "cursor", Message: "must not be empty"})
	}
	if limit != nil && (*limit < 1 || *limit > services.MaxPageSize) {
		wrong = append(wrong, apierror.Field{Field: "limit", Message: fmt.Sprintf("must be from 1 to %d", services.MaxPageSize)})
	}
	if len(wrong) > 0 {
		return services.TaskQuery{}, openapi.ErrInvalidRequest.WithFields(wrong...)
	}
	return services.TaskQuery{
		Cursor: value(cursor),
		Limit:  int(value(limit)),
		Status: (*domain.Status)(status),
	}, nil
}

func toTask(task domain.Task) rest.Task {
	s := task.Snapshot()
	return rest.Task{
		ID:        s.ID,
		Title:     s.Title,
		Notes:     s.Notes,
		Status:    rest.TaskStatus(s.Status),
		Version:   s.Version,
		CreatedAt: s.CreatedAt,
		UpdatedAt: s.UpdatedAt,
	}
}

func toResponse(task domain.Task) rest.TaskJSONResponse {
	return rest.TaskJSONResponse{
		Body:    toTask(task),
		Headers: rest.TaskResponseHeaders{ETag: etag(task)},
	}
}

func toPage(page services.TaskPage) rest.TaskPage {
	result := rest.TaskPage{Items: make([]rest.Task, 0, len(page.Items))}
	for _, task := range page.Items {
		result.Items = append(result.Items, toTask(task))
	}
	if page.NextCursor != "" {
		result.NextCursor = &page.NextCursor
	}
	return result
}

// value returns what an optional parameter points to, or the zero value.
func value[T any](optional *T) T {
	if optional == nil {
		var zero T
		return zero
	}
	return *optional
}

// ErrInvalidETag is an If-Match header that is not an ETag of this service.
var ErrInvalidETag = apierror.New(apierror.Invalid, "INVALID_ETAG", "If-Match must be the ETag of a task")

// etag returns the version of a task as a strong entity tag.
func etag(task domain.Task) string {
	return strconv.Quote(strconv.FormatInt(task.Version(), 10))
}

// parseETag is the inverse of etag.
func parseETag(header string) (int64, error) {
	digits, opened := strings.CutPrefix(header, `"`)
	digits, closed := strings.CutSuffix(digits, `"`)
	version, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !opened || !closed {
		return 0, ErrInvalidETag.WithFields(apierror.Field{Field: "If-Match", Message: "must be an ETag"})
	}
	return version, nil
}

// isPresent reports whether If-None-Match names the version of the task, so that
// the client has it already (RFC 9110, 13.1.2). What is not a list of entity tags
// names nothing.
func isPresent(ifNoneMatch *string, task domain.Task) bool {
	present := etag(task)
	for tag := range strings.SplitSeq(value(ifNoneMatch), ",") {
		tag = strings.TrimSpace(tag)
		if tag == "*" || strings.TrimPrefix(tag, "W/") == present {
			return true
		}
	}
	return false
}

// notModified answers a client that has the present version.
func notModified(task domain.Task) rest.NotModifiedResponse {
	return rest.NotModifiedResponse{Headers: rest.NotModifiedResponseHeaders{ETag: etag(task)}}
}
