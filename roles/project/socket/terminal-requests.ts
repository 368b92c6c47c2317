/** The requests of a socket that are about terminals. */

import { localPath } from "../../../src/files/local-path.ts";
import { type Places, parsePath } from "../../../src/files/places.ts";
import type { Activity } from "../activity.ts";
import type { TerminalReader } from "../terminals/readers.ts";
import type { Terminals } from "../terminals/terminals.ts";
import type { Handlers } from "./requests.ts";
import type { Session } from "./session.ts";

type TerminalRequest =
  | "terminal_list"
  | "terminal_create"
  | "terminal_open"
  | "terminal_input"
  | "terminal_resize"
  | "terminal_ack"
  | "terminal_close"
  | "terminal_kill"
  | "terminal_restart";

interface Context {
  terminals: Terminals;
  activity: Activity;
  places: Places;
}

export function terminalRequests({ terminals, activity, places }: Context): Pick<Handlers, TerminalRequest> {
  const folder = (cwd: string | undefined) =>
    cwd === undefined ? undefined : localPath(places, parsePath(places, cwd));
  return {
    terminal_list: () => ({ terminals: terminals.list() }),
    terminal_create: async (_session, { cols, rows, cwd, taken }) => {
      activity.touch();
      return { terminal: await terminals.create({ size: { cols, rows }, cwd: folder(cwd), taken }) };
    },
    terminal_open: async (session, { name, cols, rows, cwd, scheme, generation, offset }) => {
      activity.touch();
      const opened = await terminals.open(session.id, {
        name,
        reader: readerOf(session),
        size: { cols, rows },
        scheme,
        cwd: folder(cwd),
        since: generation === undefined || offset === undefined ? undefined : { generation, offset },
      });
      session.onGone("terminals", () => terminals.detachFromAll(session.id)); // at once, if it went meanwhile
      return opened;
    },
    terminal_input: async (session, { name, text, binary }) => {
      activity.touch();
      await terminals.get(name).input(session.id, text, binary === true ? "latin1" : "utf8");
      return {};
    },
    terminal_resize: (session, { name, cols, rows, scheme }) => {
      terminals.get(name).resize(session.id, { size: { cols, rows }, scheme });
      return {};
    },
    terminal_ack: (session, { name, offset }) => {
      terminals.get(name).ack(session.id, offset);
      return {};
    },
    terminal_close: (session, { name }) => {
      terminals.close(session.id, name);
      return {};
    },
    terminal_kill: async (_session, { name }) => {
      await terminals.kill(name);
      return {};
    },
    terminal_restart: (_session, { name }) => {
      activity.touch();
      return { terminal: terminals.get(name).restart() };
    },
  };
}

function readerOf(session: Session): TerminalReader {
  return {
    output: (output) => session.emit("terminal_output", output),
    resized: (size) => session.emit("terminal_resized", size),
    exited: (exit) => session.emit("terminal_exited", exit),
    restarted: (terminal) => session.emit("terminal_restarted", terminal),
    resync: (terminal) => session.emit("terminal_resync", terminal),
  };
}
