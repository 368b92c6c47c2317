import { expect, test } from "@jest/globals";
import { DONE_HEADER, type DoneInProject } from "../../src/protocol/done-in-project.ts";
import { noticingDone } from "./done-in-project.ts";
import { targetOf } from "./target.ts";

const ID = "3f0e6c0a-0d5c-4d2e-9c8b-000000000001";

function told(path: string, headers: [string, string][], method = "POST") {
  const target = targetOf(`/${ID}${path}`, "");
  if (target === undefined) throw new Error(`${path} is none of ours`);
  const done: DoneInProject[] = [];
  const rewrite = noticingDone((_, value) => value, { method, target, onDone: (one) => done.push(one) });
  const passed = headers.filter(([name, value]) => rewrite(name, value) !== undefined).map(([name]) => name);
  return { done, passed };
}

/** JSON writes half a surrogate pair as an escape, which every parser takes. */
const header = (done: object): [string, string] => [DONE_HEADER, encodeURIComponent(JSON.stringify(done))];
const TRASHED = { action: "trashed", files: ["a"], count: 1 };

test("what a deletion did is noticed once, and the header goes no further", () => {
  const answer: [string, string][] = [["content-type", "application/json"], header(TRASHED), header(TRASHED)];
  expect(told("/api/files/delete", answer)).toEqual({ done: [TRASHED], passed: ["content-type"] });
});

test("a pod cannot make up what a visitor did", () => {
  const silent = { done: [], passed: [] };
  expect(told("/api/files/list", [header(TRASHED)], "GET")).toEqual(silent);
  expect(told("/api/files/delete", [header(TRASHED)], "GET")).toEqual(silent);
  expect(told("/api/files/restore", [header(TRASHED)])).toEqual(silent);
  expect(told("/api/files/constructor", [header(TRASHED)])).toEqual(silent); // what every object has
  expect(told("/port/8000/api/files/delete", [header(TRASHED)])).toEqual(silent);
  expect(told("/raw/api/files/delete", [header(TRASHED)])).toEqual(silent); // which a page of the project's own origin may ask for
  expect(told("/port/jupyter/api/files/delete", [header(TRASHED)])).toEqual(silent);
  expect(told("/api/files/delete", [[DONE_HEADER, "%"]])).toEqual(silent);
  expect(told("/api/files/delete", [header({ ...TRASHED, files: Array(99).fill("a") })])).toEqual(silent);
  expect(told("/api/files/delete", [header({ ...TRASHED, files: ["x".repeat(5_000)] })])).toEqual(silent);
});

test("a program that ran out of memory is told beside how the project is, and nowhere else", () => {
  const killed = { time: "2030-01-01T00:00:00.000Z", process: "R", used: 1, limit: 2, whole: false };
  const what = { action: "out_of_memory", ...killed };
  expect(told("/api/status", [header(what)], "GET").done).toEqual([what]);
  expect(told("/api/status", [header(TRASHED)], "GET").done).toEqual([]);
  expect(told("/api/files/delete", [header(what)]).done).toEqual([]);
  expect(told("/api/files/status", [header(what)], "GET").done).toEqual([]);
  expect(told("/api/status", [header({ ...what, process: "x".repeat(201) })], "GET").done).toEqual([]);
});

test("what Kubernetes alone may say, and what no database keeps, a pod does not get into the log", () => {
  const killed = { time: "2030-01-01T00:00:00.000Z", process: "R", used: 1, limit: 2, whole: false };
  const what = { action: "out_of_memory", ...killed };
  const doneOf = (done: object) => told("/api/status", [header(done)], "GET").done;
  expect(doneOf({ ...what, whole: true })).toEqual([]);
  expect(doneOf({ ...what, used: 1e308 })).toEqual([]);
  expect(doneOf({ ...what, limit: 2 ** 61 })).toEqual([]);
  expect(doneOf({ ...what, time: `2030-01-01T00:00:00.${"0".repeat(1_000)}Z` })).toEqual([]);
  const process = "R\u0000\u001b[31m \u202efit\ud800\n";
  expect(doneOf({ ...what, process })).toEqual([{ ...what, process: "R [31m fit" }]);
  for (const name of ["a\0b", "a\ud800"]) {
    expect(told("/api/files/delete", [header({ ...TRASHED, files: [name] })]).done).toEqual([]);
  }
});
