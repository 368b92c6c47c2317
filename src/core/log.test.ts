import { readFile } from "node:fs/promises";
import { expect, test } from "@jest/globals";
import { redact } from "./log.ts";

test("secrets are removed by key at any depth", () => {
  const fields = {
    user: "ada",
    request: { headers: { Cookie: "remember_me=x", authorization: "Bearer y" } },
    password: "z",
  };
  expect(redact(fields)).toEqual({
    user: "ada",
    request: { headers: { Cookie: "[redacted]", authorization: "[redacted]" } },
    password: "[redacted]",
  });
});

test("what a stranger can make a log line hold is bounded", () => {
  const circular: Record<string, unknown> = {};
  circular.self = circular;
  expect(JSON.stringify(redact(circular)).length).toBeLessThan(200);
  expect((redact("x".repeat(1_000_000)) as string).length).toBeLessThan(3_000);
});

test("an error keeps its message, its code and its cause", () => {
  const error = new Error("no answer", { cause: Object.assign(new Error("refused"), { code: "ECONNREFUSED" }) });
  expect(redact(error)).toMatchObject({ message: "no answer", cause: { message: "refused", code: "ECONNREFUSED" } });
});

test("an error of the system keeps its words, whatever realm made it", async () => {
  const error = await readFile("/nowhere/at/all").catch((thrown: unknown) => thrown);
  expect(redact({ err: error })).toMatchObject({ err: { type: "Error", code: "ENOENT" } });
});
