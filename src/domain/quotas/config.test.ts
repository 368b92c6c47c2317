import { expect, test } from "@jest/globals";
import { readConfig } from "../../core/config.ts";
import { quotaConfig } from "./config.ts";

const read = (text: string) => readConfig(quotaConfig, { COCALC_MEM_REQUEST_ADJUSTMENT: text }).memRequestAdjustment;

test("bounds of memory requests are read, and rubbish is refused by the name of the variable", () => {
  expect(read("")).toEqual({});
  expect(read('{"lim":4000,"pct":50}')).toEqual({ lim: 4000, pct: 50 });
  for (const wrong of ["{", "[]", '{"pct":101}', '{"lim":"4Gi"}', '{"limit":1}']) {
    expect(() => read(wrong)).toThrow(/COCALC_MEM_REQUEST_ADJUSTMENT: must be a JSON object such as/);
  }
});
