import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { targetOf } from "./target.ts";

const ID = "0b0e9e36-7d2b-4f65-9a3c-6d6f0d0f4a11";

test.each([
  [`/${ID}/api/files/list?path=`, { kind: "server", what: "api", path: `/${ID}/api/files/list?path=` }],
  [`/${ID}/raw/a/b`, { kind: "server", what: "raw", path: `/${ID}/raw/a/b` }],
  [`/${ID}/port/5000`, { kind: "web", port: 5000, path: `/${ID}/port/5000` }],
  [`/${ID}/port/5000/a?b`, { kind: "web", port: 5000, path: `/${ID}/port/5000/a?b` }],
  [`/${ID}/server/5000`, { kind: "web", port: 5000, path: "/" }],
  [`/${ID}/server/5000?q`, { kind: "web", port: 5000, path: "/?q" }],
  [`/${ID}/server/jupyter/a/b?c`, { kind: "web", port: "jupyter", path: "/a/b?c" }],
  [`/${ID}/start?to=/x`, { kind: "start" }],
])("%s", (url, target) => {
  expect(targetOf(url, "")).toEqual({ projectId: ID, ...target });
  const path = "path" in target && target.path.startsWith(`/${ID}`) ? { path: `/base${target.path}` } : {};
  expect(targetOf(`/base${url}`, "/base")).toEqual({ projectId: ID, ...target, ...path });
  expect(targetOf(url, "/base")).toBeUndefined();
});

test.each([
  "/",
  "",
  "*",
  `/${ID}`,
  `/${ID}/`,
  `/${ID}/port/`,
  `/${ID}/port/0/`,
  `/${ID}/port/65536/`,
  `/${ID}/port/05000/`,
  `/${ID}/port/-1/`,
  `/${ID}/other/5000/`,
  `/x/${ID}/port/5000/`,
  `//${ID}/port/5000/`,
])("%s is no path of a project", (url) => {
  expect(targetOf(url, "")).toBeUndefined();
});

test("whatever comes, a target is of the project that the path begins with", () => {
  fc.assert(
    fc.property(fc.string(), (rest) => {
      const target = targetOf(`/${ID}/${rest}`, "");
      expect(target === undefined || target.projectId === ID).toBe(true);
    }),
  );
});
