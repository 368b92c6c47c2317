/** What is shown of states, starts, sizes, names and variables, in words. */

import { expect, test } from "@jest/globals";
import type { ProjectSummary } from "../../protocol/project.ts";
import type { ProjectStart } from "../../protocol/starts.ts";
import { fitsShortcut, shortcutLabel } from "./commands.ts";
import { sortEntries } from "./file-kinds.ts";
import { formatAgo, formatBytes, formatDuration } from "./format.ts";
import { type LogEntry, wordsOfEvent } from "./log-view.ts";
import { nameOfCopy, problemOfName } from "./paths.ts";
import { matchesSearch, passesFilter, stateWord } from "./project-view.ts";
import { hasProjectOrigins, reachableAddress } from "./site.ts";
import { phasesOf, waitWords } from "./start-view.ts";
import { Tabs } from "./tabs.ts";
import { formatVariables, parseVariables } from "./variables.ts";

const ME = "aaaaaaaa-0000-4000-8000-000000000000";
const AT = "2026-01-01T00:00:00.000Z";
const NOW = Date.parse(AT) + 5_000;

function project(change: Partial<ProjectSummary> = {}): ProjectSummary {
  return {
    project_id: "11111111-0000-4000-8000-000000000000",
    title: "Algebra II",
    description: "groups and rings",
    users: { [ME]: { group: "owner" } },
    state: null,
    action_request: null,
    compute_image: null,
    run_quota: null,
    created: AT,
    last_edited: null,
    deleted: false,
    ...change,
  };
}

test("a click on Start shows at once, until the cluster's own word is newer", () => {
  const action_request = { action: "start" as const, time: AT };
  expect(stateWord(project(), NOW)).toBe("stopped");
  expect(stateWord(project({ action_request }), NOW)).toBe("starting");
  expect(stateWord(project({ action_request }), NOW + 60_000)).toBe("stopped");
  const later = "2026-01-01T00:00:01.000Z";
  expect(stateWord(project({ action_request, state: { state: "pending", time: later } }), NOW)).toBe("waiting");
  expect(stateWord(project({ action_request: { ...action_request, finished: later } }), NOW)).toBe("stopped");
  const running = { state: "running" as const, time: "2025-12-31T00:00:00.000Z" };
  expect(stateWord(project({ action_request: { action: "stop", time: AT }, state: running }), NOW)).toBe("stopping");
});

test("hidden and deleted projects show under their own filter alone", () => {
  const hidden = project({ users: { [ME]: { group: "owner", hide: true } } });
  const deleted = project({ deleted: true });
  expect(passesFilter(hidden, "all", ME)).toBe(false);
  expect(passesFilter(hidden, "hidden", ME)).toBe(true);
  expect(passesFilter(deleted, "mine", ME)).toBe(false);
  expect(passesFilter(deleted, "deleted", ME)).toBe(true);
  expect(passesFilter(project(), "shared", ME)).toBe(false);
});

test("a search finds every word, in title or description", () => {
  expect(matchesSearch(project(), "rings alg")).toBe(true);
  expect(matchesSearch(project(), "algebra fields")).toBe(false);
});

test("the phases of a start tell what each took", () => {
  const start: ProjectStart = {
    project_id: project().project_id,
    ticket: 1,
    phases: { requested: AT, picked_up: "2026-01-01T00:00:02.000Z" },
    ended: null,
    outcome: null,
    reason: null,
    message: null,
    kubernetes_reason: null,
    position: null,
    rescue: false,
    expected: null,
  };
  const phases = phasesOf(start, NOW);
  expect(phases[1]).toMatchObject({ state: "done", took: 2_000 });
  expect(phases[2]).toMatchObject({ state: "now", took: 3_000 });
  expect(phases[3]).toMatchObject({ state: "later" });
  const failed = phasesOf({ ...start, ended: "2026-01-01T00:00:03.000Z", outcome: "failed" }, NOW);
  expect(failed[2]).toMatchObject({ state: "failed", took: 1_000 });
});

test("who waits is told its place and when it will probably be ready", () => {
  const start = {
    project_id: project().project_id,
    ticket: 1,
    phases: { requested: AT },
    ended: null,
    outcome: null,
    reason: "queued" as const,
    message: null,
    kubernetes_reason: null,
    rescue: false,
  };
  const words = (position: number | null, seconds: number | null) =>
    waitWords(
      { ...start, position, expected: seconds === null ? null : new Date(NOW + seconds * 1_000).toISOString() },
      NOW,
    );
  expect(words(12, 63)).toBe("It is number 12 in the queue; probably ready in about a minute.");
  expect(words(1, null)).toBe("It is next in the queue.");
  expect(words(null, 33)).toBe("It is starting; probably ready in about 35 seconds.");
  expect(words(null, -5)).toBe("It is starting; probably ready in a few seconds.");
  expect(words(400, 600)).toBe("It is number 400 in the queue; probably ready in about 10 minutes.");
  expect(words(null, null)).toBe("It is starting."); // how long nobody has measured yet
});

test("sizes, times and durations are for people", () => {
  expect([999, 1_000, 1_536_000, 12_000_000_000].map(formatBytes)).toEqual(["999 B", "1.0 KB", "1.5 MB", "12.0 GB"]);
  expect([400, 12_000, 185_000, 7_200_000, 7_800_000].map(formatDuration)).toEqual([
    "0.4 s",
    "12 s",
    "3 min 5 s",
    "2 h",
    "2 h 10 min",
  ]);
  expect(formatAgo(AT, Date.parse(AT) + 3 * 60_000)).toBe("3 minutes ago");
  expect(formatAgo(AT, Date.parse(AT) - 5_000)).toBe("just now");
});

test("names that cannot be are refused in words", () => {
  for (const name of ["", " ", "a/b", "..", "x".repeat(256)]) expect(problemOfName(name)).toBeDefined();
  expect(problemOfName("ein Brief.txt")).toBeUndefined();
  expect(nameOfCopy("a.txt", new Set(["a (copy).txt"]))).toBe("a (copy 2).txt");
});

test("folders come first, numbers by value", () => {
  const file = (name: string, kind: "file" | "folder" = "file") => ({
    name,
    kind,
    size: 0,
    modified: AT,
    mode: 0,
    etag: "",
  });
  const sorted = sortEntries([file("b10"), file("b9"), file("z", "folder")], { by: "name", descending: false });
  expect(sorted.map(({ name }) => name)).toEqual(["z", "b9", "b10"]);
});

test("variables are lines and come back as they were", () => {
  const variables = { A: "1", PATH_LIKE: "/x=y:z " };
  expect(parseVariables(formatVariables(variables))).toEqual({ variables });
  expect(parseVariables("A=1\nnonsense").problem).toContain("Line 2");
  expect(parseVariables("1A=x").problem).toContain("cannot be");
});

test("tabs follow renames and deletions of folders", () => {
  const tabs = new Tabs("p");
  tabs.open({ kind: "file", path: "a/b.txt" });
  tabs.open({ kind: "terminal", name: "main" });
  tabs.open({ kind: "file", path: "ab.txt" });
  tabs.renamed({ from: "a", to: "c" });
  expect(tabs.list.get()[0]).toEqual({ kind: "file", path: "c/b.txt" });
  tabs.move("file:ab.txt", "file:c/b.txt");
  expect(tabs.list.get()[0]).toEqual({ kind: "file", path: "ab.txt" });
  tabs.deleted(["c"]);
  expect(tabs.close({ kind: "file", path: "ab.txt" })).toEqual({ kind: "terminal", name: "main" });
});

test("shortcuts are shown and heard as on the machine at hand", () => {
  expect([shortcutLabel("mod+shift+f", false), shortcutLabel("mod+K", true)]).toEqual(["Ctrl+Shift+F", "⌘K"]);
  const press = (key: string, code: string, modifiers: object = { ctrlKey: true }, altGraph = false) =>
    ({
      ...{ ctrlKey: false, metaKey: false, shiftKey: false, altKey: false },
      ...{ key, code, ...modifiers, getModifierState: () => altGraph },
    }) as unknown as KeyboardEvent;
  expect(fitsShortcut(press("k", "KeyK"), "mod+K", false)).toBe(true);
  expect(fitsShortcut(press("k", "KeyK"), "mod+K", true)).toBe(false);
  expect(fitsShortcut(press("t", "KeyK"), "mod+K", false)).toBe(false); // Dvorak: the key in the place of K writes T
  expect(fitsShortcut(press("k", "KeyV"), "mod+K", false)).toBe(true);
  expect(fitsShortcut(press("л", "KeyK"), "mod+K", false)).toBe(true); // Cyrillic: the key has no Latin letter
  expect(fitsShortcut(press("ƒ", "KeyF", { metaKey: true, altKey: true }), "mod+alt+F", true)).toBe(true);
  expect(fitsShortcut(press("f", "KeyF", { ctrlKey: true, altKey: true }, true), "mod+alt+F", false)).toBe(false);
});

test("a web server's own words for its address lead to where browsers reach it", () => {
  const site = { base: "/base", hasProjectOrigins: true };
  expect(reachableAddress(site, "id", "http://0.0.0.0:8000/")).toBe("/base/id/server/8000/");
  expect(reachableAddress(site, "id", "http://localhost:5000/a/b?c=d#e")).toBe("/base/id/server/5000/a/b?c=d#e");
  expect(reachableAddress(site, "id", "http://[::]:8000/")).toBe("/base/id/server/8000/");
  expect(reachableAddress(site, "id", "https://example.org/")).toBeUndefined();
  expect(reachableAddress(site, "id", "http://127.0.0.1.example.org/")).toBeUndefined();
  expect(reachableAddress(site, "id", "no address")).toBeUndefined();
});

test("the log names whom something was done to, and by whom", () => {
  const entry = (event: LogEntry["event"]): LogEntry => ({ id: "1", time: AT, account_id: "a", event });
  const words = (event: LogEntry["event"]) => wordsOfEvent(entry(event), "Bob").words;
  expect(words({ event: "invite_user", invitee_account_id: "b" })).toBe("added Bob");
  expect(words({ event: "change_collaborator_type", target_account_id: "b", group: "owner" })).toBe(
    "made Bob an owner",
  );
  expect(words({ event: "remove_collaborator", removed_account_id: "b" })).toBe("removed Bob");
  expect(words({ event: "remove_collaborator", removed_account_id: "a" })).toBe("left the project");
  expect(words({ event: "invite_nonuser", invitee_email: "c@example.org" })).toBe("invited c@example.org");
  expect(words({ event: "project_started" })).toBe("started the project");
  const license = { event: "license", license_id: "l", title: "Algebra" };
  expect(words({ ...license, action: "add" })).toBe("gave the project the licence “Algebra”");
  expect(words({ ...license, action: "remove" })).toBe("took the licence “Algebra” from the project");
  const set = { memory: 4_000, cpu_shares: 512, disableInternet: true, mintime: 3_600 };
  expect(words({ event: "set_quotas", set, drop: ["cores", "disk_quota"] })).toBe(
    "set what the project may use: Memory 4 GB, Processor set aside 0.5 cores, Internet no, Processor as by default",
  );
  expect(words({ event: "set_quotas", set: { mintime: 60 }, drop: [] })).toBe("set what the project may use");
  expect(words({ event: "ask_for_more", what: "memory", message: "please", asked: "owners" })).toBe(
    "asked the owners for more memory: “please”",
  );
});

test("servers that a site without a domain for projects cannot show were offered there", () => {
  expect(hasProjectOrigins(false, "cocalc.example.org")).toBe(false);
  expect(hasProjectOrigins(false, "localhost.example.org")).toBe(false);
  expect(hasProjectOrigins(true, "cocalc.example.org")).toBe(true);
  for (const hostname of ["localhost", "127.0.0.1", "[::1]"]) expect(hasProjectOrigins(false, hostname)).toBe(true);
});
