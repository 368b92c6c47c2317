import { expect, test } from "@jest/globals";
import { onAppOrigin, onProjectOrigin } from "./sandbox.ts";

test("on the app's origin a pod speaks for nobody but itself", () => {
  for (const name of ["set-cookie", "clear-site-data", "service-worker-allowed", "www-authenticate", "alt-svc"])
    expect(onAppOrigin(name, "x")).toBeUndefined();
  expect(onAppOrigin("content-type", "text/html")).toBe("text/html");
});

test("an answer that names a file to nginx, or how long to keep it, is not obeyed from any project", () => {
  for (const name of [
    "x-accel-redirect",
    "x-accel-expires",
    "x-sendfile",
    "x-reproxy-url",
    "surrogate-control",
    "secure-session-registration",
    "sec-session-registration", // as browsers called it first
  ]) {
    expect(onProjectOrigin(name, "x")).toBeUndefined();
    expect(onAppOrigin(name, "x")).toBeUndefined();
  }
});

test("events stream through a proxy in front: whether it buffers is told, and nothing else by that header", () => {
  for (const rewrite of [onAppOrigin, onProjectOrigin]) {
    expect(rewrite("x-accel-buffering", "no")).toBe("no");
    expect(rewrite("x-accel-buffering", "no\tx")).toBeUndefined();
  }
});

test("a project's page cannot sign its visitors out of the site by clearing the cookies of the whole domain", () => {
  expect(onProjectOrigin("clear-site-data", '"cookies"')).toBeUndefined();
});

test.each([
  ["a=1; Path=/; Domain=example.org", "a=1; Path=/"],
  ["a=1; dOmain = .example.org;HttpOnly", "a=1;HttpOnly"],
  ["a=project_session; Path=/", "a=project_session; Path=/"],
  ["project_session=evil", undefined],
  ["__Host-project_session=evil; Secure; Path=/", undefined],
  ["project_session_mark=evil", undefined],
  ["=project_session=evil", undefined],
  [" =project_session=evil", undefined],
  ["project_session", undefined],
])("a project's own cookie %s passes as %s", (set, passed) => {
  expect(onProjectOrigin("set-cookie", set)).toBe(passed);
});
