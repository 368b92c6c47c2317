import { expect, test } from "@jest/globals";
import { momentOf, notInForce } from "./license-row-rules.ts";

test.each([
  ["2030-01-02T03:04:05.678", "2030-01-02T03:04:05.678Z"],
  ["2030-01-02T03:04:05.678901", "2030-01-02T03:04:05.678Z"],
  ["2030-01-02 03:04:05", "2030-01-02T03:04:05.000Z"],
  ["2030-01-02T03:04:05Z", "2030-01-02T03:04:05.000Z"],
  ["2030-01-02T05:04:05+02:00", "2030-01-02T03:04:05.000Z"],
])("a timestamp in JSON is in UTC unless it says otherwise: %s", (text, expected) => {
  expect(new Date(momentOf(text)).toISOString()).toBe(expected);
});

const NOW = "2030-06-01T00:00:00";

test.each<[string | null, string | null, string | undefined]>([
  ["2030-01-01T00:00:00", null, undefined],
  ["2030-01-01T00:00:00", "infinity", undefined],
  ["-infinity", "2031-01-01T00:00:00", undefined],
  [NOW, null, undefined],
  [null, null, "future: The licence has not been put into force."],
  ["2030-07-01T08:30:00", null, "future: The licence begins on 2030-07-01 at 08:30 UTC."],
  ["infinity", null, 'future: The licence begins on "infinity".'],
  ["2030-01-01T00:00:00", NOW, "expired: The licence ended on 2030-06-01 at 00:00 UTC."],
  [null, "2030-01-01T00:00:00", "expired: The licence ended on 2030-01-01 at 00:00 UTC."],
  ["0044-03-15T00:00:00 BC", null, 'future: The licence begins on "0044-03-15T00:00:00 BC".'],
])("a licence from %s until %s", (activates, expires, expected) => {
  const why = notInForce({ activates, expires }, momentOf(NOW));
  expect(why && `${why.status}: ${why.reason}`).toBe(expected);
});
