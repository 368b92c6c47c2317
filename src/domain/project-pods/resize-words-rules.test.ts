/** What people read of a running project that does not have its quota yet. */

import { expect, test } from "@jest/globals";
import { RUN_QUOTA } from "../../../test/helpers/run-quota.ts";
import { troubleOf, waitsFor } from "./resize-words-rules.ts";

const has = { ...RUN_QUOTA, memory_limit: 2_500, memory_request: 500 };
const next = { ...has, memory_limit: 1_000 };

function wordsOf(message: string): string {
  const trouble = troubleOf({ type: "PodResizeInProgress", status: "True", reason: "Error", message });
  return waitsFor({ has, mayHave: next, next }, trouble).message;
}

test("a refusal with another measure, below the limit, is not told as a use above it", () => {
  const refusal = (used: number) =>
    `cannot decrease memory limits: attempting to set container "project" memory limit (1048576000) below current usage (${used})`;
  expect(wordsOf(refusal(1_325_400_064))).toMatch(
    /^The project uses 1\.\d+ GB of memory, which is more than its new limit\. It keeps 2\.\d+ GB/,
  );
  expect(wordsOf(refusal(931_266_560))).toMatch(
    /^The project uses more memory than its new limit allows\. It keeps 2\.\d+ GB/,
  );
});
