/** Keys that a terminal turns into signals for the program in the foreground, as `stty` has them by default. */
export const TERMINAL_SIGNALS: ReadonlyMap<string, "SIGINT" | "SIGQUIT" | "SIGTSTP"> = new Map([
  ["\x03", "SIGINT"],
  ["\x1c", "SIGQUIT"],
  ["\x1a", "SIGTSTP"],
]);
