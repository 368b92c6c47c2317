import { expect, test } from "@jest/globals";
import { allMustRun } from "./run.ts";

test("a test that is skipped where all can run counts as failed", () => {
  expect(allMustRun({ passed: 3, failed: 1, skipped: 2 })).toEqual({ passed: 3, failed: 3, skipped: 0 });
  expect(allMustRun({ passed: 3, failed: 0, skipped: 0 })).toEqual({ passed: 3, failed: 0, skipped: 0 });
});
