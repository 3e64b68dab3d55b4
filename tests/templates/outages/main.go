// Command watch prints what a service says of its health by gRPC, a line for every
// change, until the service ends. The tests build it as if it belonged to a render.
package main

import (
	"context"
	"fmt"
	"log"
	"os"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/health/grpc_health_v1"
)

func main() {
	conn, err := grpc.NewClient("passthrough:///"+os.Args[1], grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		log.Fatal(err)
	}
	request := &grpc_health_v1.HealthCheckRequest{}
	stream, err := grpc_health_v1.NewHealthClient(conn).Watch(context.Background(), request, grpc.WaitForReady(true))
	if err != nil {
		log.Fatal(err)
	}
	for answer, err := stream.Recv(); err == nil; answer, err = stream.Recv() {
		fmt.Println(answer.GetStatus())
	}
}
