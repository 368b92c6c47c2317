import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { WatchLines } from "./watch-lines.ts";

const event = (name: string, type = "ADDED") => ({
  type,
  object: { apiVersion: "v1", kind: "Pod", metadata: { name, resourceVersion: "1" } },
});
const bytes = (events: object[]) => Buffer.from(events.map((e) => `${JSON.stringify(e)}\n`).join(""));

describe("the lines of a watch", () => {
  test("are the same events wherever the bytes are cut, also within a character", () => {
    const name = fc.string({ unit: "grapheme", maxLength: 20 });
    fc.assert(
      fc.property(fc.array(name, { maxLength: 8 }), fc.array(fc.nat({ max: 40 }), { minLength: 1 }), (names, cuts) => {
        const events = names.map((n) => event(n));
        const whole = bytes(events);
        const lines = new WatchLines();
        const seen: object[] = [];
        for (let from = 0, i = 0; from < whole.length; i++) {
          const size = (cuts[i % cuts.length] ?? 0) + 1;
          seen.push(...lines.push(whole.subarray(from, from + size)));
          from += size;
        }
        expect(seen).toEqual(events);
      }),
    );
  });

  test("a line without its end is kept, not given", () => {
    const lines = new WatchLines();
    expect(lines.push(Buffer.from('{"type":"ADDED","object":{}'))).toEqual([]);
    expect(lines.push(Buffer.from("}\n"))).toEqual([{ type: "ADDED", object: {} }]);
  });

  test("empty lines are nothing", () => {
    expect(new WatchLines().push(Buffer.from("\n\r\n\n"))).toEqual([]);
  });

  test("a line that never ends is given up", () => {
    const lines = new WatchLines(1_000);
    lines.push(Buffer.alloc(900, "x"));
    expect(() => lines.push(Buffer.alloc(200, "x"))).toThrow(expect.objectContaining({ code: "unavailable" }));
  });

  test.each(["nonsense", "[]", "null", '"text"', '{"type":"ADDED"}', '{"type":"OTHER","object":{}}', '{"object":{}}'])(
    "%s is no event",
    (line) => {
      expect(() => new WatchLines().push(Buffer.from(`${line}\n`))).toThrow(
        expect.objectContaining({ code: "unavailable" }),
      );
    },
  );
});
