/** All terminals of the project by name, bounded. */

import { existsSync } from "node:fs";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { TerminalAnswers, TerminalView } from "../../../src/protocol/project-terminals.ts";
import { LastNumber } from "./last-number.ts";
import { OutputShare } from "./output-share.ts";
import type { Size } from "./size.ts";
import type { Attaching, ShellCommand, Terminal } from "./terminal.ts";

const MAX_TERMINALS = 100;

interface Options {
  /** The shell that a terminal runs, begun in the given folder. */
  shell: readonly [file: string, ...args: string[]];
  env: () => Record<string, string>;
  /** Used when a terminal names no folder, or one that is not there. */
  home: string;
  /** The folder in which numbers are kept. */
  own: string;
}

interface Made {
  size: Size;
  /** Absolute path on this machine. */
  cwd?: string | undefined;
}

/** Makes a terminal. Its pty and its screen are loaded when the first is made: most servers start without one. */
type Maker = (name: string, made: { size: Size; command: () => ShellCommand }) => Terminal;

async function loadMaker(): Promise<Maker> {
  const [{ Terminal }, { screens }] = await Promise.all([import("./terminal.ts"), import("./kept-screen.ts")]);
  const newScreen = await screens();
  const share = new OutputShare();
  return (name, made) => new Terminal(name, { ...made, newScreen, share });
}

export class Terminals {
  readonly #options: Options;
  readonly #terminals = new Map<string, Terminal>();
  readonly #life: Life;
  #loaded: Promise<Maker> | undefined;
  readonly #lastNumber: LastNumber;

  constructor(life: Life, options: Options) {
    this.#options = options;
    this.#lastNumber = new LastNumber(options.own);
    this.#life = life;
    life.defer("terminals", () => this.#endAll());
  }

  list(): TerminalView[] {
    return [...this.#terminals.values()].map(({ view }) => view);
  }

  /** Opens the terminal of a name, which is made if there is none. */
  async open(
    id: string,
    { name, cwd, ...attaching }: Attaching & Made & { name: string },
  ): Promise<TerminalAnswers["terminal_open"]> {
    const make = await this.#maker();
    const terminal = this.#terminals.get(name) ?? this.#make(make, name, { size: attaching.size, cwd });
    return terminal.attach(id, attaching);
  }

  /** Makes a new terminal and names it by a number that none here has or had, and that is not taken by what its asker still shows. */
  async create({ taken, ...made }: Made & { taken: readonly string[] }): Promise<TerminalView> {
    const make = await this.#maker();
    const name = await this.#lastNumber.next((free) => !this.#terminals.has(free) && !taken.includes(free));
    return this.#make(make, name, made).view;
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
    this.#forgetIfEnded(name);
  }

  async kill(name: string): Promise<void> {
    await this.get(name).kill();
    this.#forgetIfEnded(name);
  }

  /** A reader went away, perhaps to come back. */
  detachFromAll(id: string): void {
    for (const terminal of this.#terminals.values()) terminal.detach(id);
  }

  #maker(): Promise<Maker> {
    this.#loaded ??= loadMaker();
    return this.#loaded;
  }

  #make(make: Maker, name: string, { size, cwd }: Made): Terminal {
    if (this.#life.signal.aborted) throw new AppError("unavailable", "The project is stopping.");
    this.#forgetEnded();
    if (this.#terminals.size >= MAX_TERMINALS)
      throw new AppError("too_large", `A project has at most ${MAX_TERMINALS} terminals; end one first.`, {
        status: 429,
      });
    const terminal = make(name, { size, command: () => this.#command(cwd) });
    this.#terminals.set(name, terminal);
    this.#lastNumber.used(name);
    return terminal;
  }

  #command(cwd: string | undefined): ShellCommand {
    const { shell, env, home } = this.#options;
    const [file, ...args] = shell;
    const folder = [cwd, home, "/"].find((path) => path !== undefined && existsSync(path)) ?? "/";
    return {
      file,
      args,
      cwd: folder,
      env: { ...env(), TERM: "xterm-256color", COLORTERM: "truecolor" },
    };
  }

  #forgetEnded(): void {
    if (this.#terminals.size < MAX_TERMINALS) return;
    for (const name of this.#terminals.keys()) this.#forgetIfEnded(name);
  }

  #forgetIfEnded(name: string): void {
    const terminal = this.#terminals.get(name);
    if (terminal === undefined || terminal.isRunning || terminal.readers > 0) return;
    this.#terminals.delete(name);
    terminal.forget();
  }

  async #endAll(): Promise<void> {
    await Promise.all([...this.#terminals.values()].map((terminal) => terminal.kill()));
    for (const terminal of this.#terminals.values()) terminal.forget();
    this.#terminals.clear();
  }
}
