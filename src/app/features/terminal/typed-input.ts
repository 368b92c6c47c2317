/** What people type into a screen, without what it says by itself: the server's screen has answered the program already, once for all who look. */

import type { Terminal } from "@xterm/xterm";

/** The library tells of both in one event; its inside knows which is which, and no public event does. */
interface Core {
  coreService: { onUserInput(listener: () => void): unknown };
}

interface Listeners {
  onText: (text: string) => void;
  /** Each unit is a byte: a mouse's reports of the old form. */
  onBytes: (bytes: string) => void;
}

export function onTyped(terminal: Terminal, { onText, onBytes }: Listeners): void {
  const { coreService } = (terminal as unknown as { _core: Core })._core;
  let byPerson = false;
  coreService.onUserInput(() => {
    byPerson = true; // told right before the input
  });
  terminal.onData((text) => {
    if (byPerson) onText(text);
    byPerson = false;
  });
  terminal.onBinary(onBytes);
  const focus = (report: string) => () => terminal.modes.sendFocusMode && onText(report);
  terminal.textarea?.addEventListener("focus", focus("\x1b[I"));
  terminal.textarea?.addEventListener("blur", focus("\x1b[O"));
}
