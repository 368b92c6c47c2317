import { expect, test } from "@jest/globals";
import { keyIn } from "./authorization.ts";

const key = `sk-${"k".repeat(43)}00001z`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString("base64")}`;

test("a key with a password beside it was passed on to a project's server", () => {
  const headers = [`Bearer ${key}`, `bearer  ${key} `, basic(key), basic(`${key}:`), basic(`${key}:x`)];
  expect(headers.map(keyIn)).toEqual(headers.map(() => key));
});

test("what is not a whole key of ours is somebody else's", () => {
  const others = [
    undefined,
    "",
    key,
    "Bearer sk-proj-1234",
    `Bearer ${key} ${key}`,
    basic(`ada:${key}`),
    `Bearer ${key}0`,
  ];
  expect(others.map(keyIn)).toEqual(others.map(() => undefined));
});
