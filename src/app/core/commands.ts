/** Actions by name, for the palette and for shortcuts: each part of the page registers what can be done while it is shown. */

import { Store } from "./store.ts";

export interface Command {
  id: string;
  title: string;
  /** A line below the title. */
  hint?: string;
  group: string;
  /** Such as "mod+shift+F"; `mod` is ⌘ on a Mac and Ctrl elsewhere. Shown beside the title and listened to. */
  shortcut?: string;
  run: () => void;
}

export class Commands {
  readonly list = new Store<readonly Command[]>([]);
  readonly #sources = new Map<string, readonly Command[]>();

  /** Registers the commands of a source in place of its earlier ones; the returned function takes them away. */
  register(source: string, commands: readonly Command[]): () => void {
    this.#sources.set(source, commands);
    this.#publish();
    return () => {
      if (this.#sources.get(source) !== commands) return;
      this.#sources.delete(source);
      this.#publish();
    };
  }

  #publish(): void {
    this.list.set([...this.#sources.values()].flat());
  }
}

export const isMac = (): boolean => typeof navigator !== "undefined" && /Mac|iPhone|iPad/.test(navigator.platform);

/** "mod+shift+F" → "Ctrl+Shift+F" or "⌘⇧F". */
export function shortcutLabel(shortcut: string, mac = isMac()): string {
  const words = shortcut.split("+").map((part) => {
    if (part === "mod") return mac ? "⌘" : "Ctrl";
    if (part === "shift") return mac ? "⇧" : "Shift";
    if (part === "alt") return mac ? "⌥" : "Alt";
    return part.length === 1 ? part.toUpperCase() : part;
  });
  return words.join(mac ? "" : "+");
}

type Key = Pick<KeyboardEvent, "key" | "code">;

/**
 * The letter of a key as shortcuts name it: what the layout gives, where that is of the Latin alphabet (Dvorak, AZERTY), and else (Cyrillic, Greek)
 * what stands in its place on a keyboard that is.
 */
export function letterOf({ key, code }: Key): string {
  const isLatin = key.length !== 1 || key < "\x7f";
  const placed = /^Key([A-Z])$/.exec(code)?.[1];
  return (isLatin && key !== "Dead" ? key : (placed ?? key)).toLowerCase();
}

/** Does a key event fit a shortcut? What AltGr writes is none, though it looks like Ctrl and Alt (a Mac has no such key). */
export function fitsShortcut(event: KeyboardEvent, shortcut: string, mac = isMac()): boolean {
  const parts = shortcut.toLowerCase().split("+");
  const key = parts.at(-1);
  const wants = (part: string) => parts.includes(part);
  const mod = mac ? event.metaKey : event.ctrlKey;
  return (
    (mac || !event.getModifierState("AltGraph")) &&
    mod === wants("mod") &&
    event.shiftKey === wants("shift") &&
    event.altKey === wants("alt") &&
    letterOf(event) === key
  );
}
