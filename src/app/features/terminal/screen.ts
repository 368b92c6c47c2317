/** The screen of a terminal: xterm with the page's colours, size and links. Knows no connection. */

import "@xterm/xterm/css/xterm.css";
import { FitAddon } from "@xterm/addon-fit";
import { SearchAddon } from "@xterm/addon-search";
import { WebLinksAddon } from "@xterm/addon-web-links";
import { type ITheme, Terminal } from "@xterm/xterm";
import type { TerminalScreen } from "../../core/terminal-client.ts";

const LIGHT: ITheme = {
  background: "#ffffff", foreground: "#1b1f24", cursor: "#3b5bdb", cursorAccent: "#ffffff", selectionBackground: "#c5d0fa",
  black: "#1b1f24", red: "#b31d28", green: "#176f2c", yellow: "#735c0f", blue: "#1d4ed8", magenta: "#8b3db8", cyan: "#0b7285", white: "#5c6670",
  brightBlack: "#5c6670", brightRed: "#c92a2a", brightGreen: "#2b8a3e", brightYellow: "#87600a", brightBlue: "#3b5bdb", brightMagenta: "#9c36b5", brightCyan: "#0c7489", brightWhite: "#343a40",
}; // biome-ignore format: a table of colours
const DARK: ITheme = {
  background: "#1a1b1e", foreground: "#dee2e6", cursor: "#91a7ff", cursorAccent: "#1a1b1e", selectionBackground: "#364274",
}; // biome-ignore format: a table of colours

export interface Screen extends TerminalScreen {
  onInput(listener: (text: string) => void): void;
  onResize(listener: (size: { cols: number; rows: number }) => void): void;
  paste(text: string): void;
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
  /** A link in the output was clicked. */
  onLink: (uri: string) => void;
}

/** Draws a terminal into an element. */
export function openScreen(place: HTMLElement, { name, onManyLines, onSearch, onLink }: ScreenOptions): Screen {
  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const terminal = new Terminal({
    fontFamily: getComputedStyle(document.documentElement).getPropertyValue("--mantine-font-family-monospace"),
    fontSize: 14,
    lineHeight: 1.15, // less cuts off the underscore of some fonts
    scrollback: 10_000,
    cursorBlink: !window.matchMedia("(prefers-reduced-motion: reduce)").matches,
    screenReaderMode: false,
    minimumContrastRatio: 4.5,
    allowProposedApi: true,
    theme: dark.matches ? DARK : LIGHT,
  });
  const fit = new FitAddon();
  const search = new SearchAddon();
  terminal.loadAddon(fit);
  terminal.loadAddon(search);
  terminal.loadAddon(new WebLinksAddon((_, uri) => onLink(uri)));
  terminal.open(place);
  terminal.textarea?.setAttribute("aria-label", `Terminal ${name}`);
  fit.fit();
  const undo = [followScheme(terminal, dark), followSize(place, fit), askBeforeLines(place, onManyLines)];
  keys(terminal, onSearch);
  return {
    write: (text, taken) => terminal.write(text, taken),
    reset: () => terminal.reset(),
    size: () => ({ cols: terminal.cols, rows: terminal.rows }),
    resized: ({ cols, rows }) => terminal.resize(cols, rows),
    onInput: (listener) => {
      terminal.onData((text) => {
        refit(terminal, fit);
        listener(text);
      });
    },
    onResize: (listener) => void terminal.onResize(listener),
    paste: (text) => {
      terminal.paste(text);
      terminal.focus();
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

/** Whoever types decides the size: a window that was made narrower by another takes its own size back. */
function refit(terminal: Terminal, fit: FitAddon): void {
  const wanted = fit.proposeDimensions();
  if (wanted !== undefined && (wanted.cols !== terminal.cols || wanted.rows !== terminal.rows)) fit.fit();
}

function followScheme(terminal: Terminal, dark: MediaQueryList): () => void {
  const follow = () => {
    terminal.options.theme = dark.matches ? DARK : LIGHT;
  };
  dark.addEventListener("change", follow);
  return () => dark.removeEventListener("change", follow);
}

function followSize(place: HTMLElement, fit: FitAddon): () => void {
  let frame = 0;
  const observer = new ResizeObserver(() => {
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => fit.fit());
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

/** Copy and search as elsewhere in a browser; Tab leaves the screen after Escape is held with Ctrl. */
function keys(terminal: Terminal, onSearch: () => void): void {
  terminal.attachCustomKeyEventHandler((event) => {
    if (event.type !== "keydown") return true;
    const mod = event.ctrlKey || event.metaKey;
    if (mod && event.shiftKey && event.code === "KeyF") {
      event.preventDefault();
      onSearch();
      return false;
    }
    const copies = mod && event.code === "KeyC" && (event.shiftKey || terminal.hasSelection());
    if (copies && terminal.hasSelection()) {
      event.preventDefault();
      void navigator.clipboard.writeText(terminal.getSelection());
      terminal.clearSelection();
      return false;
    }
    if (mod && event.code === "KeyV") return false; // the browser pastes
    if (event.ctrlKey && event.code === "F6") {
      terminal.blur();
      document.getElementById("content")?.focus();
      return false;
    }
    return true;
  });
}
