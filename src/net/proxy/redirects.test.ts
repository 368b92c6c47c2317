import { expect, test } from "@jest/globals";
import { visitorsLocation } from "./redirects.ts";

const client = { address: "203.0.113.1", proto: "https", host: "id.projects.example" } as const;
const stripped = { client, base: "/base/id", prefix: "/base/id/server/8000", port: 8000 };
const whole = { ...stripped, prefix: "" };

test.each([
  // as Python's http.server and Go's mux put it
  ["/dir/?a#b", "/base/id/server/8000/dir/?a#b"],
  // as nginx puts it, with the port it listens on, or with the host it was asked for
  ["http://id.projects.example:8000/dir/", "/base/id/server/8000/dir/"],
  ["https://id.projects.example/login", "/base/id/server/8000/login"],
  ["http://localhost:8000/x", "/base/id/server/8000/x"],
  ["http://127.0.0.1:8000", "/base/id/server/8000/"],
  // it knows where it stands, or means another server of the project
  ["/base/id/server/8000/x", "/base/id/server/8000/x"],
  ["/base/id/port/9000/", "/base/id/port/9000/"],
  ["x/y", "x/y"],
  ["../", "../"],
  ["?page=2", "?page=2"],
  ["", ""],
  // somebody else's
  ["//other.example/x", "//other.example/x"],
  ["/\\other.example", "/\\other.example"],
  ["https://other.example:8000/x", "https://other.example:8000/x"],
  ["http://localhost:9000/x", "http://localhost:9000/x"],
  ["http://id.projects.example:9000/", "http://id.projects.example:9000/"],
  ["mailto:a@b.example", "mailto:a@b.example"],
  ["http://[", "http://["],
])("a server that is told only the rest of a path sends to %s", (location, expected) => {
  expect(visitorsLocation(location, stripped)).toBe(expected);
});

test.each([
  ["/dir/", "/dir/"],
  ["http://id.projects.example:8000/base/id/port/8000/dir/", "/base/id/port/8000/dir/"],
  ["http://localhost:8000/base/id/port/8000/x", "/base/id/port/8000/x"],
  ["https://other.example/", "https://other.example/"],
])("a server that is told whole paths sends to %s", (location, expected) => {
  expect(visitorsLocation(location, whole)).toBe(expected);
});
