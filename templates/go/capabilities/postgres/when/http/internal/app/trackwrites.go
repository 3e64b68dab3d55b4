package app

import (
	"github.com/gin-gonic/gin"

	"goldpath.local/service/pkg/postgres/replica"
)

// trackWrites lets a request read what it has written, however far replicas are
// behind.
func trackWrites(c *gin.Context) {
	c.Request = c.Request.WithContext(replica.TrackWrites(c.Request.Context()))
	c.Next()
}
