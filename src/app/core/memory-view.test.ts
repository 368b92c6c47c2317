import { expect, test } from "@jest/globals";
import { type LogEntry, wordsOfEvent } from "./log-view.ts";
import { outOfMemoryWords } from "./memory-view.ts";
import { offersRescue } from "./start-view.ts";

const GB = 1_000 * 2 ** 20;

test("memory that ran out is told with what is known of it", () => {
  const known = { process: "python3 fit.py", used: 0.9 * GB, limit: GB };
  const together = "All programs of the project together may use 1 GB.";
  expect(outOfMemoryWords({ ...known, whole: false })).toBe(
    `“python3 fit.py”, which used 900 MB, was ended. ${together}`,
  );
  expect(outOfMemoryWords({ ...known, whole: true })).toBe(
    `Everything in the project was ended. The largest program was “python3 fit.py” (900 MB). ${together}`,
  );
  const nothing = { process: null, used: null, limit: null };
  expect(outOfMemoryWords({ ...nothing, whole: false })).toBe("A program was ended.");
  expect(outOfMemoryWords({ ...nothing, whole: true })).toBe("Everything in the project was ended.");
});

test("the log tells of memory and of rescues, whatever a pod put into it", () => {
  const words = (event: LogEntry["event"]) =>
    wordsOfEvent({ id: "1", time: "2026-01-01T00:00:00.000Z", account_id: null, event }).words;
  const event = "project_out_of_memory";
  expect(words({ event, process: "R\u202e", used: 5, limit: GB, whole: false })).toMatch(/^ran out of memory\. “R/);
  expect(words({ event, process: "R\u202e", used: 5, limit: GB, whole: false })).not.toContain("\u202e");
  expect(words({ event, process: { a: 1 }, used: "much", limit: -1 })).toBe("ran out of memory. A program was ended.");
  expect(words({ event: "project_start_requested", rescue: true })).toBe("asked to start the project in rescue mode");
  expect(words({ event: "project_started", rescue: true })).toBe("started the project in rescue mode");
});

test("a rescue is offered where the project itself may be at fault, and not after one that failed", () => {
  const crashed = { outcome: "failed", reason: "crashed", rescue: false } as const;
  const trouble = undefined;
  expect(offersRescue({ state: "stopped", start: crashed, trouble })).toBe(true);
  expect(offersRescue({ state: "stopped", start: { ...crashed, rescue: true }, trouble })).toBe(false);
  expect(offersRescue({ state: "stopped", start: { ...crashed, reason: "no_room" }, trouble })).toBe(false);
  expect(offersRescue({ state: "stopped", start: { ...crashed, outcome: "running" }, trouble })).toBe(false);
  const again = { outcome: "running", reason: null, rescue: false } as const;
  expect(offersRescue({ state: "starting", start: again, trouble })).toBe(false);
  expect(offersRescue({ state: "starting", start: again, trouble: "It ended by itself." })).toBe(true);
});
