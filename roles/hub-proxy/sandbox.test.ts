import { expect, test } from "@jest/globals";
import { onAppOrigin, onProjectOrigin } from "./sandbox.ts";

test("on the app's origin a pod speaks for nobody but itself", () => {
  for (const name of ["set-cookie", "clear-site-data", "service-worker-allowed", "www-authenticate", "alt-svc"])
    expect(onAppOrigin(name, "x")).toBeUndefined();
  expect(onAppOrigin("content-type", "text/html")).toBe("text/html");
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
