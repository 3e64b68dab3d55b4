package app

import (
	"goldpath.local/service/api/rest"
	"goldpath.local/service/internal/handlers/restapi"
)

// wireOperations builds the operations of the REST API.
func wireOperations(u useCases) rest.StrictServerInterface {
	return restapi.NewAPI(u.tasks)
}
