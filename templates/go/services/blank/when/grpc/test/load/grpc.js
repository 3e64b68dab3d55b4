// Constant-rate load on the gRPC API of a running service: k6 run test/load/grpc.js
// ADDRESS, RATE (calls per second), DURATION and TOKEN can be set by --env.
import { check } from "k6";
import grpc from "k6/net/grpc";

const address = __ENV.ADDRESS || "127.0.0.1:8081";
const rate = Number(__ENV.RATE || 300);
const params = { metadata: __ENV.TOKEN ? { authorization: `Bearer ${__ENV.TOKEN}` } : {} };

const client = new grpc.Client();
client.load(["../../api/proto"], "tasks/v1/tasks.proto");

// A constant arrival rate does not slow down with the service, so the
// percentiles include what a waiting client would see.
const arrival = (share) => ({
  executor: "constant-arrival-rate",
  rate: Math.max(1, Math.round(rate * share)),
  timeUnit: "1s",
  duration: __ENV.DURATION || "30s",
  preAllocatedVUs: 50,
  maxVUs: 500,
});

export const options = {
  scenarios: {
    read: { ...arrival(0.8), exec: "read" },
    write: { ...arrival(0.2), exec: "write" },
  },
  thresholds: {
    checks: ["rate==1"],
    "grpc_req_duration{scenario:read}": ["p(99)<50"],
    "grpc_req_duration{scenario:write}": ["p(99)<80"],
  },
};

let connected = false; // each virtual user has a connection of its own

function call(method, message) {
  if (!connected) {
    client.connect(address, { plaintext: true });
    connected = true;
  }
  return client.invoke(`tasks.v1.TaskService/${method}`, message, params);
}

export function setup() {
  const created = call("CreateTask", { title: "load test" });
  if (created.status !== grpc.StatusOK) {
    throw new Error(`a task cannot be created: ${JSON.stringify(created.error)}`);
  }
  client.close();
  return { id: created.message.task.id };
}

export function read(data) {
  check(call("GetTask", { id: data.id }), { "task is read": (r) => r.status === grpc.StatusOK && r.message.task.id === data.id });
}

export function write() {
  check(call("CreateTask", { title: "load test" }), { "task is created": (r) => r.status === grpc.StatusOK });
}
