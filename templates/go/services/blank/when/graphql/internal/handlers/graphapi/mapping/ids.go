package mapping

import (
	"encoding/base64"
	"strings"

	"github.com/google/uuid"

	"goldpath.local/service/internal/domain"
	"goldpath.local/service/pkg/apierror"
)

// errInvalidID is an id that this service did not give out.
var errInvalidID = apierror.New(apierror.Invalid, "INVALID_ID", "there cannot be such an id")

// taskType marks the ids of tasks: ids are unique among all types.
const taskType = "Task:"

func taskID(task domain.Task) string { return encodeID(taskType, task.ID()) }

func encodeID(kind string, id uuid.UUID) string {
	return base64.RawURLEncoding.EncodeToString([]byte(kind + id.String()))
}

// ParseTaskID returns the task that a client means by an id. field is where the client wrote the id.
func ParseTaskID(field, text string) (uuid.UUID, error) {
	decoded, err := base64.RawURLEncoding.DecodeString(text)
	name, isTask := strings.CutPrefix(string(decoded), taskType)
	id, parseErr := uuid.Parse(name)
	if err != nil || !isTask || parseErr != nil || encodeID(taskType, id) != text {
		return uuid.UUID{}, errInvalidID.WithFields(apierror.Field{Field: field, Message: "is no id of a task"})
	}
	return id, nil
}
