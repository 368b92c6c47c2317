import { expect, test } from "@jest/globals";
import { adminQuotasFromWords } from "./from-words.ts";

test("quotas on a command line", () => {
  expect(adminQuotasFromWords(["pool=17"])).toEqual({ pool: "17" });
  expect(adminQuotasFromWords(["pool=none"])).toEqual({ pool: null });
  expect(adminQuotasFromWords(["memory_limit=4000", "cpu_limit=1.5", "internet=yes", "disk_quota=none"])).toEqual({
    memory_limit: 4000,
    cpu_limit: 1.5,
    internet: true,
    disk_quota: null,
  });
});

test.each([
  [["memory=4000"], /There is no "memory": write one of memory_limit, /],
  [["memory_limit"], /"memory_limit" says nothing: write name=value/],
  [["memory_limit=much"], /^memory_limit: /],
  [["cpu_limit=-1"], /^cpu_limit: /],
  [["internet=1"], /^internet: /],
  [["pool=a b"], /^pool: must be at most 63/],
  [["__proto__=1"], /./],
])("quotas that cannot be: %j", (words, problem) => {
  expect(() => adminQuotasFromWords(words)).toThrow(problem);
});
