/** The open files and terminals of a project, in the order of their tabs; kept in this browser. */

import { type Move, movedPath } from "../../protocol/moved-path.ts";
import { Store } from "./store.ts";

export type Tab = { kind: "file"; path: string } | { kind: "terminal"; name: string };

export const tabKey = (tab: Tab): string => (tab.kind === "file" ? `file:${tab.path}` : `terminal:${tab.name}`);

const MOST = 30;

export class Tabs {
  readonly list: Store<readonly Tab[]>;
  readonly #key: string;
  readonly #storage: Pick<Storage, "getItem" | "setItem"> | undefined;

  constructor(projectId: string, storage?: Pick<Storage, "getItem" | "setItem">) {
    this.#key = `cocalc-tabs-${projectId}`;
    this.#storage = storage;
    this.list = new Store(this.#read());
  }

  /** Adds a tab at the end if there is none for it yet. */
  open(tab: Tab): void {
    if (this.list.get().some((other) => tabKey(other) === tabKey(tab))) return;
    this.#write([...this.list.get(), tab].slice(-MOST));
  }

  /** Closes one; answers which one is beside it. */
  close(tab: Tab): Tab | undefined {
    const list = this.list.get();
    const index = list.findIndex((other) => tabKey(other) === tabKey(tab));
    if (index < 0) return undefined;
    const rest = list.filter((_, at) => at !== index);
    this.#write(rest);
    return rest[Math.min(index, rest.length - 1)];
  }

  /** Moves a tab before another, or to the end. */
  move(key: string, before: string | undefined): void {
    const list = this.list.get();
    const moved = list.find((tab) => tabKey(tab) === key);
    if (moved === undefined || key === before) return;
    const rest = list.filter((tab) => tab !== moved);
    const at = before === undefined ? rest.length : rest.findIndex((tab) => tabKey(tab) === before);
    this.#write(rest.toSpliced(at < 0 ? rest.length : at, 0, moved));
  }

  /** A file has another path now, or a folder that holds some of them. */
  renamed(move: Move): void {
    const list = this.list.get();
    if (!list.some((tab) => tab.kind === "file" && movedPath(tab.path, move) !== undefined)) return;
    const renamed = list.map((tab) =>
      tab.kind === "file" ? { ...tab, path: movedPath(tab.path, move) ?? tab.path } : tab,
    );
    this.#write([...new Map(renamed.map((tab) => [tabKey(tab), tab])).values()]); // what it replaced may have had a tab too
  }

  /** Files are gone, or folders with all that is in them. */
  deleted(paths: readonly string[]): void {
    const gone = (path: string) => paths.some((other) => path === other || path.startsWith(`${other}/`));
    this.#write(this.list.get().filter((tab) => tab.kind !== "file" || !gone(tab.path)));
  }

  #read(): readonly Tab[] {
    try {
      const tabs: unknown = JSON.parse(this.#storage?.getItem(this.#key) ?? "[]");
      return Array.isArray(tabs) ? tabs.filter(isTab) : [];
    } catch {
      return []; // storage is refused, or holds something else
    }
  }

  #write(tabs: readonly Tab[]): void {
    this.list.set(tabs);
    try {
      this.#storage?.setItem(this.#key, JSON.stringify(tabs));
    } catch {
      // storage is refused or full: the tabs live as long as the page
    }
  }
}

function isTab(value: unknown): value is Tab {
  if (typeof value !== "object" || value === null || !("kind" in value)) return false;
  if (value.kind === "file") return "path" in value && typeof value.path === "string";
  return value.kind === "terminal" && "name" in value && typeof value.name === "string";
}
