// Constant-rate load on a running service: k6 run test/load/tasks.js
// BASE_URL, RATE (requests per second) and DURATION can be set by --env.
//% if cookiecutter.ratelimit == "yes"
// All load comes from one caller: run the service with APP_RATELIMIT_DEFAULT_REQUESTS=100000.
//% endif
import http from "k6/http";
import { check } from "k6";

const base = (__ENV.BASE_URL || "http://127.0.0.1:8080") + "/api/v1/tasks";
const rate = Number(__ENV.RATE || 500);
const json = { headers: { "Content-Type": "application/json" } };
//% if cookiecutter.jwt == "yes"
// TOKEN=$(make -s token) make load-k6
json.headers.Authorization = `Bearer ${__ENV.TOKEN}`;
//% endif


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
    http_req_failed: ["rate==0"],
    "http_req_duration{scenario:read}": ["p(99)<40"],
    "http_req_duration{scenario:write}": ["p(99)<80"],
  },
};

export function setup() {
  const created = http.post(base, JSON.stringify({ title: "load test" }), json);
  return { url: `${base}/${created.json("id")}` };
}

export function read(data) {
  check(http.get(data.url, json), { "task is read": (r) => r.status === 200 });
}

export function write() {
  const created = http.post(base, JSON.stringify({ title: "load test" }), json);
  check(created, { "task is created": (r) => r.status === 201 });
  const done = http.patch(`${base}/${created.json("id")}`, JSON.stringify({ status: "done" }), {
    headers: { ...json.headers, "If-Match": created.headers.Etag },
  });
  check(done, { "task is done": (r) => r.status === 200 });
}
