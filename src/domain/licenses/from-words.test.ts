import { expect, test } from "@jest/globals";
import { licenseFromWords } from "./from-words.ts";

test("a licence on a command line: what is not named stays, and `none` takes away", () => {
  expect(licenseFromWords({})).toEqual({});
  expect(
    licenseFromWords({
      title: "Class",
      quota: '{"ram":4,"idle_timeout":"day"}',
      activates: "2030-01-31T02:00:00+02:00",
      expires: "2031-01-31",
      manager: ["ada@example.org"],
      restricted: false,
      runLimit: "50",
    }),
  ).toEqual({
    title: "Class",
    quota: { ram: 4, idle_timeout: "day" },
    activates: "2030-01-31T00:00:00.000Z",
    expires: "2031-01-31T00:00:00.000Z",
    managers: ["ada@example.org"],
    restricted: false,
    run_limit: 50,
  });
  const none = { quota: "none", activates: "none", expires: "none", runLimit: "none", applyLimit: "none" };
  expect(licenseFromWords(none)).toEqual({
    quota: null,
    activates: null,
    expires: null,
    run_limit: null,
    apply_limit: null,
  });
});

test.each([
  [{ quota: "{ram:4}" }, /"\{ram:4\}" is no JSON/],
  [{ quota: '{"ram":"4"}' }, /^quota\.ram: /],
  [{ quota: '{"idle_timeout":"week"}' }, /^quota\.idle_timeout: /],
  [{ quota: "4" }, /^quota: /],
  [{ quota: `{"dedicated_disk":${'{"a":'.repeat(99)}1${"}".repeat(99)}}` }, /^quota: must not hold lists in lists/],
  [{ expires: "soon" }, /^"soon" is no moment: write 2030-01-31/],
  [{ activates: "12" }, /is no moment/],
  [{ runLimit: "many" }, /^run_limit: /],
  [{ applyLimit: "-1" }, /^apply_limit: /],
])("a licence that cannot be: %j", (words, problem) => {
  expect(() => licenseFromWords(words)).toThrow(problem);
});
