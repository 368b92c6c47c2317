import { expect, test } from "@jest/globals";
import { until } from "../../../test/helpers/until.ts";
import type { FileEntry } from "../../protocol/project-files.ts";
import { askBeforeLeaving } from "./ask-before-leaving.ts";
import { RequestError } from "./request-error.ts";
import { uploadKey } from "./upload-key.ts";
import type { Sending } from "./upload-sender.ts";
import { Uploads } from "./uploads.ts";

/** A project in which some files are, as a sender sees it. */
function project(
  there: string[],
  openBy: { account_id: string; name: string }[] = [],
  looks?: Map<string, Promise<void>>,
) {
  const sent: { path: string; replace: string | undefined }[] = [];
  const files = new Set(there);
  const entry = (name: string): FileEntry => ({
    name,
    kind: "file",
    size: 1,
    modified: "2026-01-01T00:00:00Z",
    mode: 0o644,
    etag: `etag-${name}`,
  });
  const sender = {
    send: async ({ path, replace }: Sending) => {
      if (files.has(path) && replace === undefined)
        throw new RequestError({ error: `${path} exists already.`, code: "precondition_failed" });
      files.add(path);
      sent.push({ path, replace });
      return entry(path);
    },
    lookAt: async (_: File, path: string) => {
      await looks?.get(path);
      return { existing: files.has(path) ? entry(path) : null, openBy };
    },
    drop: async () => {},
  };
  return { sent, files, uploads: new Uploads(sender, () => {}) };
}

const chosen = (...paths: string[]) => paths.map((path) => ({ path, file: new File(["x"], path) }));
const states = (uploads: Uploads) => uploads.list.get().map(({ state }) => state);
/** What is ready to go on has gone on. */
const settled = () => new Promise((resolve) => setImmediate(resolve));
const asking = (uploads: Uploads) => uploads.list.get().find(({ state }) => state === "asking");

test("what is there is asked about, and each answer does what it says", async () => {
  const { uploads, sent } = project(["a.txt", "b.txt", "c.txt"]);
  uploads.add(chosen("a.txt", "b.txt", "c.txt", "d.txt"));
  for (const choice of ["replace", "both", "skip"] as const) {
    await until(() => asking(uploads) !== undefined);
    uploads.answer(asking(uploads)?.id ?? 0, choice, false);
  }
  await until(() => states(uploads).every((state) => state === "done" || state === "skipped"));
  expect(sent.sort((a, b) => a.path.localeCompare(b.path))).toEqual([
    { path: "a.txt", replace: "etag-a.txt" },
    { path: "b (2).txt", replace: undefined },
    { path: "d.txt", replace: undefined },
  ]);
});

test("one answer is good for all that were chosen together, and for no others", async () => {
  const { uploads, sent } = project(["a", "b", "c", "z"]);
  uploads.add(chosen("a", "b", "c"));
  await until(() => asking(uploads) !== undefined);
  uploads.answer(asking(uploads)?.id ?? 0, "replace", true);
  await until(() => states(uploads).every((state) => state === "done"));
  expect(sent.map(({ replace }) => replace)).toEqual(["*", "*", "*"]);
  uploads.add(chosen("z"));
  await until(() => asking(uploads)?.path === "z");
});

test("an answer for all counts also for a file that is being looked at, which is not asked about again", async () => {
  const look = Promise.withResolvers<void>();
  const { uploads, sent } = project(["a", "b"], [], new Map([["b", look.promise]]));
  uploads.add(chosen("a", "b"));
  await until(() => asking(uploads)?.path === "a");
  uploads.answer(asking(uploads)?.id ?? 0, "replace", true);
  look.resolve();
  await until(() => states(uploads).every((state) => state === "done"));
  expect(sent.map(({ path }) => path)).toEqual(["a", "b"]);
});

test("an upload that is cancelled while what is there is looked at does not begin again", async () => {
  const look = Promise.withResolvers<void>();
  const { uploads, files, sent } = project(["a"], [], new Map([["a", look.promise]]));
  uploads.add(chosen("a"));
  await until(() => states(uploads)[0] === "sending");
  await settled();
  uploads.cancel(uploads.list.get()[0]?.id ?? 0);
  files.delete("a");
  look.resolve();
  await settled();
  expect([states(uploads), sent]).toEqual([["cancelled"], []]);
});

test("a file that others edit is replaced whatever they type meanwhile: the trash keeps it", async () => {
  const { uploads, sent } = project(["a"], [{ account_id: "bob", name: "Bob" }]);
  uploads.add(chosen("a"));
  await until(() => asking(uploads)?.there?.openBy[0]?.name === "Bob");
  uploads.answer(asking(uploads)?.id ?? 0, "replace", false);
  await until(() => states(uploads)[0] === "done");
  expect(sent).toEqual([{ path: "a", replace: "*" }]);
});

test("keeping both finds a free name by itself", async () => {
  const { uploads, sent } = project(["a.txt", "a (2).txt", "a (3).txt"]);
  uploads.add(chosen("a.txt"));
  await until(() => asking(uploads) !== undefined);
  uploads.answer(asking(uploads)?.id ?? 0, "both", false);
  await until(() => states(uploads)[0] === "done");
  expect(sent).toEqual([{ path: "a (4).txt", replace: undefined }]);
});

test("the browser is asked to ask before it leaves only while something is under way", async () => {
  const window = new EventTarget();
  const { uploads } = project(["a"]);
  askBeforeLeaving(window as Pick<Window, "addEventListener" | "removeEventListener">, uploads.list);
  const mayLeave = () => window.dispatchEvent(new Event("beforeunload", { cancelable: true }));
  expect(mayLeave()).toBe(true);
  uploads.add(chosen("a"));
  await until(() => asking(uploads) !== undefined);
  expect(mayLeave()).toBe(false);
  uploads.answer(asking(uploads)?.id ?? 0, "skip", false);
  expect(mayLeave()).toBe(true);
});

test("the key of a file is the same for the same one, and another for one that differs in name, time or content", async () => {
  const key = (text: string, name = "a", lastModified = 1) => uploadKey(new File([text], name, { lastModified }));
  const first = await key("x".repeat(300_000));
  expect(await key("x".repeat(300_000))).toBe(first);
  const others = [
    await key("x".repeat(300_000), "b"),
    await key("x".repeat(300_000), "a", 2),
    await key(`${"x".repeat(299_999)}y`),
  ];
  expect(new Set([first, ...others]).size).toBe(4);
  expect(first).toMatch(/^[\w-]{8,64}$/);
});
