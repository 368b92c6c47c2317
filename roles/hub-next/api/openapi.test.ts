import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { apiPages } from "../../../scripts/api-docs.ts";
import { endpoints } from "../../../src/protocol/api-v2-table.ts";
import { openApi } from "./openapi.ts";

test("the document tells every endpoint, and who may", () => {
  const { paths } = openApi() as { paths: Record<string, { post: { operationId: string; security: unknown[] } }> };
  expect(Object.keys(paths)).toEqual(Object.keys(endpoints).map((path) => `/api/v2/${path}`));
  const ids = Object.values(paths).map(({ post }) => post.operationId);
  expect(new Set(ids).size).toBe(ids.length);
  expect(paths["/api/v2/auth/sign-in"]?.post.security).toEqual([]);
  expect(paths["/api/v2/api-keys"]?.post.security).toEqual([{ cookie: [] }]);
});

test("the references of the API are up to date: `npm run docs` writes them", async () => {
  for (const [name, text] of apiPages()) {
    const file = new URL(`../../../docs/reference/${name}`, import.meta.url);
    expect({ name, text: await readFile(file, "utf8") }).toEqual({ name, text });
  }
});
