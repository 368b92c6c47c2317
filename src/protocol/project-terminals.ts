/**
 * Terminals of a project on its socket (`project-socket.ts`).
 *
 * The server keeps each terminal's screen: it answers what programs ask of a terminal, so browsers send only what people type. `terminal_open` subscribes:
 * who was there before and names how far gets the output since, if it is still kept and the size was the same; anybody else gets `screen`, output that makes a terminal of the
 * view's size the same from a full reset on. Then `text` follows, and further output as `terminal_output`, with a running `offset` (units of
 * UTF-16 text between the terminal's birth and the beginning of `text`), acknowledged by `terminal_ack` so that a slow reader slows the program down, not memory.
 * A client acknowledges at least every TERMINAL_ACK_EVERY units; one that lags too long is sent no more and told `terminal_resync`: it opens the
 * terminal again with the offset it has. Output of another generation than the one a client opened is of a new shell and begins at offset 0.
 *
 * A terminal has one size for all: that of whoever typed last, when whoever typed before has been quiet. Clients propose theirs and take `terminal_resized` in the order of output.
 */

import { z } from "zod";
import { wirePath } from "./project-files.ts";

/** Names of terminals: a file name of at most 100 characters. */
export const terminalName = z
  .string()
  .min(1)
  .max(100)
  .regex(/^[^/\0]+$/);

/** Units of UTF-16 text after which a client acknowledges terminal output at the latest. */
export const TERMINAL_ACK_EVERY = 32_768;

const size = { cols: z.number().int().min(2).max(1_000), rows: z.number().int().min(1).max(1_000) };

/** How a reader's screen looks, for programs that ask: `terminal-colours.ts`. */
const scheme = z.enum(["light", "dark"]).optional();

export const terminalRequests = {
  terminal_list: z.object({}),
  /** Makes a terminal under a name that none has, nor had, nor is `taken` by what the asker still shows. Open it by that name. */
  terminal_create: z.object({ ...size, cwd: wirePath.optional(), taken: z.array(terminalName).max(100).default([]) }),
  /** `generation`+`offset` of an earlier stay: only what is newer is sent, if it is still kept. */
  terminal_open: z.object({
    name: terminalName,
    ...size,
    cwd: wirePath.optional(),
    generation: z.string().max(64).optional(),
    offset: z.number().optional(),
    scheme,
  }),
  /** What somebody typed; `binary` where each unit is a byte, as in the mouse's old reports. */
  terminal_input: z.object({ name: terminalName, text: z.string().max(1_000_000), binary: z.boolean().optional() }),
  terminal_resize: z.object({ name: terminalName, ...size, scheme }),
  terminal_ack: z.object({ name: terminalName, offset: z.number() }),
  /** Leaves it; it runs on. */
  terminal_close: z.object({ name: terminalName }),
  /** Ends its processes; who has it open sees that it exited. */
  terminal_kill: z.object({ name: terminalName }),
  /** Starts a new shell in one that exited. */
  terminal_restart: z.object({ name: terminalName }),
} as const;

export interface TerminalView {
  name: string;
  /** New with every shell that is started under the name. */
  generation: string;
  cols: number;
  rows: number;
  /** null while it runs. */
  exitCode: number | null;
}

export interface TerminalAnswers {
  terminal_list: { terminals: TerminalView[] };
  terminal_create: { terminal: TerminalView };
  terminal_open: { terminal: TerminalView; screen: string | null; text: string; offset: number };
  terminal_input: Record<string, never>;
  terminal_resize: Record<string, never>;
  terminal_ack: Record<string, never>;
  terminal_close: Record<string, never>;
  terminal_kill: Record<string, never>;
  terminal_restart: { terminal: TerminalView };
}

export interface TerminalEvents {
  terminal_output: (output: { name: string; generation: string; text: string; offset: number }) => void;
  terminal_resized: (size: { name: string; cols: number; rows: number }) => void;
  terminal_exited: (exit: { name: string; generation: string; exitCode: number }) => void;
  terminal_restarted: (terminal: TerminalView) => void;
  /** The reader lagged too far behind: nothing more is sent until it opens the terminal again. */
  terminal_resync: (terminal: { name: string; generation: string }) => void;
}
