/** References in values, and mount paths that become folders. */

import { expect, test } from "@jest/globals";
import { expand, mapPaths } from "./environment.ts";

test("$(NAME) is replaced where it is known, $$ stands for a dollar", () => {
  expect(expand("$(A)-$(B)-$$(A)-$A", { A: "1" })).toBe("1-$(B)-$(A)-$A");
});

test("a value that begins with a mount path, or has such a part between colons, is mapped; the longest path wins", () => {
  const mappings = [
    { mountPath: "/home/user", folder: "/data/homes/1" },
    { mountPath: "/home/user/shared", folder: "/data/shared" },
    { mountPath: "/ext", folder: "/data/ext" },
  ];
  const map = (value: string) => mapPaths(value, mappings);
  expect(map("/home/user")).toBe("/data/homes/1");
  expect(map("/home/user/shared/x")).toBe("/data/shared/x");
  expect(map("/ext/bin:/usr/bin:/extra")).toBe("/data/ext/bin:/usr/bin:/extra");
  expect(map("http://host/ext")).toBe("http://host/ext");
  expect(map('{"a":"/ext"}')).toBe('{"a":"/ext"}');
});
