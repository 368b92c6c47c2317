import { expect, test } from "@jest/globals";
import { belowBase, routeOf } from "./routes.ts";

const ID = "0123abcd-0000-4000-8000-0123456789ab";

test("each path has one owner", () => {
  const owner = (path: string) => routeOf("app", path).role;
  expect(owner("/")).toBe("hub-next");
  expect(owner("/application")).toBe("hub-next");
  expect(owner("/app")).toBe("static");
  expect(owner("/app/projects")).toBe("static");
  expect(owner("/hub/?EIO=4")).toBe("hub-websocket");
  expect(owner(`/${ID}/api/socket/`)).toBe("hub-proxy");
  expect(owner(`/${ID.toUpperCase()}/raw/a`)).toBe("hub-proxy");
  expect(owner(`/${ID}`)).toBe("hub-proxy");
  expect(owner(`/x${ID}/raw`)).toBe("hub-next");
  expect(owner("/api/v2/projects/create")).toBe("hub-next");
});

test("everything on a project's origin is the project's", () => {
  expect(routeOf("project", "/app/projects")).toMatchObject({ role: "hub-proxy", access: "member" });
});

test("the base path is taken off, and nothing beside it", () => {
  expect(belowBase("", "/a")).toBe("/a");
  expect(belowBase("/base", "/base/a")).toBe("/a");
  expect(belowBase("/base", "/base")).toBe("/");
  expect(belowBase("/base", "/basement/a")).toBeUndefined();
});
