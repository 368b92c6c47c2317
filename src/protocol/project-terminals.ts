/**
 * Terminals of a project on its socket (`project-socket.ts`).
 *
 * `terminal_open` subscribes; scrollback comes in the answer, further output as `terminal_output` with a running `offset` (units of
 * UTF-16 text between the terminal's birth and the beginning of `text`, in the answer as well), acknowledged by `terminal_ack` so that a slow reader slows the program down, not memory.
 * A client acknowledges at least every TERMINAL_ACK_EVERY units; one that lags too long is sent no more and told `terminal_resync`: it opens the
 * terminal again with the offset it has. Output of another generation than the one a client opened is of a new shell and begins at offset 0.
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

export const terminalRequests = {
  terminal_list: z.object({}),
  /** `generation`+`offset` of an earlier stay: only what is newer is sent, if it is still kept. */
  terminal_open: z.object({
    name: terminalName,
    cols: z.number().int().min(1).max(1_000),
    rows: z.number().int().min(1).max(1_000),
    cwd: wirePath.optional(),
    generation: z.string().max(64).optional(),
    offset: z.number().optional(),
  }),
  terminal_input: z.object({ name: terminalName, text: z.string().max(1_000_000) }),
  terminal_resize: z.object({
    name: terminalName,
    cols: z.number().int().min(1).max(1_000),
    rows: z.number().int().min(1).max(1_000),
  }),
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
  terminal_open: { terminal: TerminalView; text: string; offset: number; whole: boolean };
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
