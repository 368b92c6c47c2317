/** The screen of a terminal: xterm with the page's colours, size and links. Knows no connection. */

import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { UnicodeGraphemesAddon } from "@xterm/addon-unicode-graphemes";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITheme, Terminal } from "@xterm/xterm";
import { TERMINAL_COLOURS } from "../../../protocol/terminal-colours.ts";
import { installWidths } from "../../../protocol/terminal-widths.ts";
import type { TerminalScreen } from "../../core/terminal-client.ts";
import { drawJoinedEmoji } from "./joined-emoji.ts";
import { keepKeys, type TouchKey, touchKeyText, withControl } from "./screen-keys.ts";
import { onTyped } from "./typed-input.ts";

const COLOUR_NAMES = ["black", "red", "green", "yellow", "blue", "magenta", "cyan", "white"];
const PALETTE_NAMES = [
  ...COLOUR_NAMES,
  ...COLOUR_NAMES.map((name) => `bright${name[0]?.toUpperCase()}${name.slice(1)}`),
];

export interface Screen extends TerminalScreen {
  onTyped(listeners: { onText: (text: string) => void; onBytes: (bytes: string) => void }): void;
  /** The window has another size now, or another scheme of colours. */
  onWindow(listener: () => void): void;
  onTitle(listener: (title: string) => void): void;
  paste(text: string): void;
  press(key: TouchKey): void;
  /** Holds Ctrl for the next letter; `onUsed` is called when it was typed. */
  holdControl(onUsed: (() => void) | undefined): void;
  readToScreenReaders(on: boolean): void;
  focus(): void;
  selection(): string;
  clear(): void;
  find(text: string, direction: "next" | "previous"): boolean;
  close(): void;
}

interface ScreenOptions {
  /** For screen readers. */
  name: string;
  /** Somebody pastes several lines: ask first, then call `paste`. */
  onManyLines: (text: string) => void;
  onSearch: () => void;
  onCopy: (text: string) => void;
  /** A link in the output was clicked. */
  onLink: (uri: string) => void;
}

/** Draws a terminal into an element. */
export function openScreen(place: HTMLElement, options: ScreenOptions): Screen {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const { terminal, fit, search } = openTerminal(place, options, dark);
  const changed = new Set<() => void>();
  const onChange = () => {
    for (const listener of changed) listener();
  };
  const undo = [
    followScheme(terminal, dark, onChange),
    followSize(place, onChange),
    askBeforeLines(place, options.onManyLines),
  ];
  const control = heldControl();
  keepKeys(terminal, options);
  return {
    write: (text, taken) => terminal.write(text, taken),
    wanted: () => fit.proposeDimensions() ?? { cols: terminal.cols, rows: terminal.rows },
    resize: ({ cols, rows }) => terminal.write("", () => terminal.resize(cols, rows)),
    scheme: () => (dark.matches ? "dark" : "light"),
    onTyped: ({ onText, onBytes }) => onTyped(terminal, { onText: (text) => onText(control.on(text)), onBytes }),
    onWindow: (listener) => void changed.add(listener),
    onTitle: (listener) => void terminal.onTitleChange(listener),
    paste: (text) => {
      terminal.paste(text);
      terminal.focus();
    },
    press: (key) => terminal.input(touchKeyText(key, terminal.modes)),
    holdControl: control.hold,
    readToScreenReaders: (on) => {
      terminal.options.screenReaderMode = on;
    },
    focus: () => terminal.focus(),
    selection: () => terminal.getSelection(),
    clear: () => terminal.clear(),
    find: (text, direction) => (direction === "next" ? search.findNext(text) : search.findPrevious(text)),
    close: () => {
      for (const end of undo) end();
      terminal.dispose();
    },
  };
}

function openTerminal(place: HTMLElement, { name, onLink }: ScreenOptions, dark: MediaQueryList) {
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mantine-font-family-monospace"),
    fontSize: 14,
    lineHeight: 1.15, // less cuts off the underscore of some fonts
    scrollback: 10_000,
    cursorBlink: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    minimumContrastRatio: 4.5,
    allowProposedApi: true,
    theme: themeOf(dark),
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new WebLinksAddon((_, uri) => onLink(uri)));
  installWidths(terminal, new UnicodeGraphemesAddon());
  terminal.open(place);
  drawJoinedEmoji(terminal);
  terminal.textarea?.setAttribute("aria-label", `Terminal ${name}`);
  fit.fit();
  return { terminal, fit, search };
}

const SELECTION = { light: "#c5d0fa", dark: "#364274" };

function themeOf(dark: MediaQueryList): ITheme {
  const scheme = dark.matches ? "dark" : "light";
  const { palette, ...colours } = TERMINAL_COLOURS[scheme];
  const named = Object.fromEntries(palette.map((colour, index) => [PALETTE_NAMES[index], colour]));
  return { ...colours, ...named, cursorAccent: colours.background, selectionBackground: SELECTION[scheme] };
}

/** Ctrl that was touched, for the letter that comes next. */
function heldControl() {
  let used: (() => void) | undefined;
  return {
    hold: (onUsed: (() => void) | undefined) => {
      used = onUsed;
    },
    on: (text: string): string => {
      if (used === undefined) return text;
      used();
      used = undefined;
      return withControl(text);
    },
  };
}

function followScheme(terminal: Terminal, dark: MediaQueryList, onChange: () => void): () => void {
  const follow = () => {
    terminal.options.theme = themeOf(dark);
    onChange();
  };
  dark.addEventListener("change", follow);
  return () => dark.removeEventListener("change", follow);
}

function followSize(place: HTMLElement, onChange: () => void): () => void {
  let frame = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(onChange);
  });
  observer.observe(place);
  return () => {
    cancelAnimationFrame(frame);
    observer.disconnect();
  };
}

/** Several lines would run one after another: the paste is held until it is confirmed. */
function askBeforeLines(place: HTMLElement, onManyLines: (text: string) => void): () => void {
  const held = (event: ClipboardEvent) => {
    const text = event.clipboardData?.getData("text/plain") ?? "";
    if (!/[\r\n]/.test(text.replace(/[\r\n]+$/, ""))) return;
    event.preventDefault();
    event.stopPropagation();
    onManyLines(text);
  };
  place.addEventListener("paste", held, { capture: true });
  return () => place.removeEventListener("paste", held, { capture: true });
}
