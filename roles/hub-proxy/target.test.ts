import { expect, test } from "@jest/globals";
import fc from "fast-check";
import { targetOf } from "./target.ts";

const ID = "0b0e9e36-7d2b-4f65-9a3c-6d6f0d0f4a11";

test.each([
  [`/${ID}/api/files/list?path=`, { kind: "server", what: "api", path: `/${ID}/api/files/list?path=` }],
  [`/${ID}/raw/a/b`, { kind: "server", what: "raw", path: `/${ID}/raw/a/b` }],
  [`/${ID}/port/5000`, { kind: "web", port: 5000, path: `/${ID}/port/5000`, prefix: "" }],
  [`/${ID}/port/5000/a?b`, { kind: "web", port: 5000, path: `/${ID}/port/5000/a?b`, prefix: "" }],
  [`/${ID}/server/5000`, { kind: "web", port: 5000, path: "/", prefix: `/${ID}/server/5000` }],
  [`/${ID}/server/5000?q`, { kind: "web", port: 5000, path: "/?q", prefix: `/${ID}/server/5000` }],
  [`/${ID}/server/5000/a/b?q`, { kind: "web", port: 5000, path: "/a/b?q", prefix: `/${ID}/server/5000` }],
  [`/${ID}/server/jupyter/a/b?c`, { kind: "named", name: "jupyter", path: `/${ID}/server/jupyter/a/b?c` }],
  [`/${ID}/port/pluto`, { kind: "named", name: "pluto", path: `/${ID}/port/pluto` }],
  [`/${ID}/start?to=/x`, { kind: "start" }],
])("%s", (url, target) => {
  expect(targetOf(url, "")).toEqual({ projectId: ID, ...target });
  const below = (text: string) => (text.startsWith(`/${ID}`) ? `/base${text}` : text);
  const path = "path" in target ? { path: below(target.path) } : {};
  const prefix = "prefix" in target ? { prefix: below(target.prefix) } : {};
  expect(targetOf(`/base${url}`, "/base")).toEqual({ projectId: ID, ...target, ...path, ...prefix });
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
