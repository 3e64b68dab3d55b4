// Constant-rate load on the GraphQL API of a running service: k6 run test/load/graphql.js
// BASE_URL, RATE (operations per second), DURATION and TOKEN can be set by --env.
import http from "k6/http";
import { check } from "k6";

const url = (__ENV.BASE_URL || "http://127.0.0.1:8080") + "/graphql";
const rate = Number(__ENV.RATE || 300);
const headers = { "Content-Type": "application/json" };
if (__ENV.TOKEN) {
  headers.Authorization = `Bearer ${__ENV.TOKEN}`;
}

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
    read: { ...arrival(0.6), exec: "read" },
    list: { ...arrival(0.2), exec: "list" },
    write: { ...arrival(0.2), exec: "write" },
  },
  thresholds: {
    checks: ["rate==1"],
    http_req_failed: ["rate==0"],
    "http_req_duration{scenario:read}": ["p(99)<50"],
    "http_req_duration{scenario:list}": ["p(99)<80"],
    "http_req_duration{scenario:write}": ["p(99)<80"],
  },
};

const fields = "id title status version";
const create = `mutation Create($title: String!) { createTask(input: {title: $title}) { task { ${fields} } } }`;
const finish = `mutation Finish($id: ID!, $version: Int!) {
  updateTask(input: {id: $id, version: $version, status: DONE}) { task { status } } }`;

function run(query, variables) {
  return http.post(url, JSON.stringify({ query, variables }), { headers });
}

export function setup() {
  const ids = [];
  for (let i = 0; i < 10; i++) {
    ids.push(run(create, { title: "load test" }).json("data.createTask.task.id"));
  }
  return { ids };
}

export function read(data) {
  const answer = run(`query Nodes($ids: [ID!]!) { nodes(ids: $ids) { ... on Task { ${fields} } } }`, { ids: data.ids });
  check(answer, { "tasks are read": (r) => r.json("data.nodes.#") === data.ids.length });
}

export function list() {
  const answer = run(`query Page { tasks(first: 20) { edges { node { ${fields} } } pageInfo { hasNextPage endCursor } } }`);
  check(answer, { "a page is read": (r) => r.json("data.tasks.edges.#") > 0 });
}

export function write() {
  const created = run(create, { title: "load test" });
  check(created, { "task is created": (r) => r.json("data.createTask.task.version") === 1 });
  const task = created.json("data.createTask.task");
  const done = run(finish, { id: task.id, version: task.version });
  check(done, { "task is done": (r) => r.json("data.updateTask.task.status") === "DONE" });
}
