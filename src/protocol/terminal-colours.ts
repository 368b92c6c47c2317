/** The colours of a terminal on a light page and on a dark one: browsers draw with them, and the server answers programs that ask. */

export type TerminalScheme = "light" | "dark";

export interface TerminalColours {
  foreground: string;
  background: string;
  cursor: string;
  /** The sixteen of ANSI: eight, and the same eight bright. */
  palette: readonly string[];
}

// biome-ignore format: a table of colours
export const TERMINAL_COLOURS: Record<TerminalScheme, TerminalColours> = {
  light: {
    foreground: "#1b1f24", background: "#ffffff", cursor: "#3b5bdb",
    palette: [
      "#1b1f24", "#b31d28", "#176f2c", "#735c0f", "#1d4ed8", "#8b3db8", "#0b7285", "#5c6670",
      "#5c6670", "#c92a2a", "#2b8a3e", "#87600a", "#3b5bdb", "#9c36b5", "#0c7489", "#343a40",
    ],
  },
  dark: {
    foreground: "#dee2e6", background: "#1a1b1e", cursor: "#91a7ff",
    palette: [
      "#2e3436", "#cc0000", "#4e9a06", "#c4a000", "#3465a4", "#75507b", "#06989a", "#d3d7cf",
      "#555753", "#ef2929", "#8ae234", "#fce94f", "#729fcf", "#ad7fa8", "#34e2e2", "#eeeeec",
    ],
  },
};
