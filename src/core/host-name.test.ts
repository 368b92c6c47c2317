import { expect, test } from "@jest/globals";
import { isHostName } from "./host-name.ts";

test.each([
  "localhost",
  "cocalc.example.org",
  "cocalc.example.org.",
  "my_db",
  "10.0.0.1",
  "::1",
  "xn--bcher-kva.example",
])("%j can be a machine's name", (text) => expect(isHostName(text)).toBe(true));

test.each([
  "",
  " ",
  "a b",
  "https://example.org",
  "example.org:80",
  "example.org/",
  "-a.example",
  "a..b",
  ".",
  "..",
  "1.2.3.400",
  "[::1]",
  "a\nb",
  "user@host",
  "x".repeat(64),
  "ex,ample",
])("%j cannot be a machine's name", (text) => expect(isHostName(text)).toBe(false));
