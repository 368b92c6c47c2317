/** All terminals of the project by name, bounded. */

import { existsSync } from "node:fs";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { TerminalView } from "../../../src/protocol/project-terminals.ts";
import { type ShellCommand, type Size, Terminal, type TerminalReader } from "./terminal.ts";

const MAX_TERMINALS = 100;

interface Options {
  /** The shell that a terminal runs, begun in the given folder. */
  shell: string;
  env: () => Record<string, string>;
  /** Used when a terminal names no folder, or one that is not there. */
  home: string;
}

interface Open {
  name: string;
  size: Size;
  /** Absolute path on this machine. */
  cwd?: string | undefined;
  since?: { generation: string; offset: number } | undefined;
}

export class Terminals {
  readonly #options: Options;
  readonly #terminals = new Map<string, Terminal>();
  readonly #life: Life;

  constructor(life: Life, options: Options) {
    this.#options = options;
    this.#life = life;
    life.defer("terminals", () => this.#endAll());
  }

  list(): TerminalView[] {
    return [...this.#terminals.values()].map(({ view }) => view);
  }

  /** Opens the terminal of a name, which is made if there is none. */
  open(id: string, reader: TerminalReader, { name, size, cwd, since }: Open) {
    const terminal = this.#terminals.get(name) ?? this.#make(name, { size, cwd });
    return terminal.attach(id, reader, { size, since });
  }

  /** @throws AppError `not_found` */
  get(name: string): Terminal {
    const terminal = this.#terminals.get(name);
    if (terminal === undefined) throw notFound(`There is no terminal named ${name}; open it first.`);
    return terminal;
  }

  /** A reader leaves one terminal on purpose; one that has ended and is left by all is forgotten. */
  close(id: string, name: string): void {
    const terminal = this.#terminals.get(name);
    terminal?.detach(id);
    if (terminal !== undefined && !terminal.isRunning && terminal.readers === 0) this.#terminals.delete(name);
  }

  async kill(name: string): Promise<void> {
    const terminal = this.get(name);
    await terminal.kill();
    if (terminal.readers === 0 && !terminal.isRunning) this.#terminals.delete(name);
  }

  /** A reader went away, perhaps to come back. */
  detachFromAll(id: string): void {
    for (const terminal of this.#terminals.values()) terminal.detach(id);
  }

  #make(name: string, { size, cwd }: { size: Size; cwd?: string | undefined }): Terminal {
    if (this.#life.signal.aborted) throw new AppError("unavailable", "The project is stopping.");
    this.#forgetEnded();
    if (this.#terminals.size >= MAX_TERMINALS)
      throw new AppError("too_large", `A project has at most ${MAX_TERMINALS} terminals; end one first.`, {
        status: 429,
      });
    const terminal = new Terminal(name, { size, command: () => this.#command(cwd) });
    this.#terminals.set(name, terminal);
    return terminal;
  }

  #command(cwd: string | undefined): ShellCommand {
    const { shell, env, home } = this.#options;
    const folder = [cwd, home, "/"].find((path) => path !== undefined && existsSync(path)) ?? "/";
    return {
      file: shell,
      args: ["-l"],
      cwd: folder,
      env: { ...env(), TERM: "xterm-256color", COLORTERM: "truecolor" },
    };
  }

  #forgetEnded(): void {
    if (this.#terminals.size < MAX_TERMINALS) return;
    for (const [name, terminal] of this.#terminals)
      if (!terminal.isRunning && terminal.readers === 0) this.#terminals.delete(name);
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.kill()));
    this.#terminals.clear();
  }
}
