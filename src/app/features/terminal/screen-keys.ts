/** Keys of a terminal that the page keeps for itself; all others belong to the program, Ctrl+K and Ctrl+V included. */

import type { Terminal } from "@xterm/xterm";
import { letterOf } from "../../core/commands.ts";

interface KeyActions {
  onSearch: () => void;
  onCopy: (text: string) => void;
}

/** Copy (with Shift, or while something is selected), search, and Ctrl+F6 to leave the terminal, where Tab belongs to the program. */
export function keepKeys(terminal: Terminal, { onSearch, onCopy }: KeyActions): void {
  const copy = () => {
    if (!terminal.hasSelection()) return;
    onCopy(terminal.getSelection());
    terminal.clearSelection();
  };
  const leave = () => {
    terminal.blur();
    document.getElementById("content")?.focus();
  };
  const actionOf = (event: KeyboardEvent): (() => void) | undefined => {
    const letter = letterOf(event);
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.shiftKey && letter === "f") return onSearch;
    if (mod && letter === "c" && (event.shiftKey || terminal.hasSelection())) return copy;
    if (event.ctrlKey && event.code === "F6") return leave;
    return undefined;
  };
  terminal.attachCustomKeyEventHandler((event) => {
    const act = event.type === "keydown" ? actionOf(event) : undefined;
    if (act === undefined) return true;
    event.preventDefault();
    act();
    return false;
  });
}

/** What a touch screen's keyboard lacks. */
export type TouchKey = "Escape" | "Tab" | "Up" | "Down" | "Left" | "Right";

const ARROWS = { Up: "A", Down: "B", Right: "C", Left: "D" } as const;

/** What a program is sent for a key; arrows have two forms. */
export function touchKeyText(key: TouchKey, { applicationCursorKeysMode }: Terminal["modes"]): string {
  if (key === "Escape") return "\x1b";
  if (key === "Tab") return "\t";
  return `\x1b${applicationCursorKeysMode ? "O" : "["}${ARROWS[key]}`;
}

/** A letter with Ctrl held, as a terminal sends it; anything else as it is. */
export function withControl(text: string): string {
  if (text.length !== 1) return text;
  if (text === " ") return "\0";
  if (text === "?") return "\x7f";
  return /[@-_a-z]/.test(text) ? String.fromCharCode(text.toUpperCase().charCodeAt(0) & 0x1f) : text;
}
