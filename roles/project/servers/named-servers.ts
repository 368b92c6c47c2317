/** The servers of a project that are reached by name: started when somebody asks for one, ended with the project. */

import { constants as flags } from "node:fs";
import { access } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import type { NamedServerAnswer, NamedServerRequest } from "../../../src/protocol/project-server.ts";
import { type Address, listens, ServerRun } from "./server-run.ts";
import type { ServerDefinition, ServerTable } from "./server-table.ts";

/** One that failed is not tried again for this long: pages ask again and again. */
const FAILED_FOR_MS = 5_000;

interface Options {
  table: ServerTable;
  /** Address of the pod; absent: all. */
  podIp: string | undefined;
  /** `<base path>/<project_id>`. */
  base: string;
  home: string;
  env: () => Record<string, string>;
}

export class NamedServers {
  readonly #life: Life;
  readonly #options: Options;
  readonly #runs = new Map<string, ServerRun>();
  /** By name; those who ask at once wait for the same start. */
  readonly #starting = new Map<string, Promise<void>>();
  readonly #failed = new Map<string, { error: unknown; at: number }>();

  constructor(life: Life, options: Options) {
    this.#life = life;
    this.#options = options;
    life.defer("named servers", async () => {
      await Promise.all([...this.#runs.values()].map((run) => run.end()));
    });
  }

  /**
   * The port of a server, which is started if it is not running; `starting` when it does not listen by the end of the wait.
   * @throws AppError `not_found` for a name that is not known or a program that is not installed, `unavailable` with the last words of one that failed.
   */
  async portOf({ name, waitSeconds }: NamedServerRequest): Promise<NamedServerAnswer> {
    const definition = this.#options.table[name];
    if (definition === undefined) {
      const known = Object.keys(this.#options.table).join(", ");
      throw notFound(`There is no server named ${name} in this project; known are ${known}.`);
    }
    if (this.#life.isStopping) throw new AppError("unavailable", "The project is stopping.");
    const { port, title } = definition;
    const isReady = await within(this.#ensure(name, definition), waitSeconds * 1_000);
    return isReady ? { port } : { starting: title };
  }

  #ensure(name: string, definition: ServerDefinition): Promise<void> {
    const known = this.#starting.get(name);
    if (known !== undefined) return known;
    const starting = this.#start(name, definition).finally(() => this.#starting.delete(name));
    starting.catch((error: unknown) => this.#failed.set(name, { error, at: Date.now() }));
    this.#starting.set(name, starting);
    return starting;
  }

  async #start(name: string, definition: ServerDefinition): Promise<void> {
    const running = this.#runs.get(name);
    if (running !== undefined && !running.isOver) return running.ready;
    const { podIp } = this.#options;
    const address = { host: podIp ?? "127.0.0.1", port: definition.port };
    if (await listens(address)) return; // somebody started it by hand
    const failed = this.#failed.get(name);
    if (failed !== undefined && Date.now() - failed.at < FAILED_FOR_MS) throw failed.error;
    const run = await this.#run(definition, address);
    this.#runs.set(name, run);
    if (this.#life.signal.aborted) await run.end(); // the project began to stop meanwhile
    await run.ready;
  }

  async #run(definition: ServerDefinition, address: Address): Promise<ServerRun> {
    const { title, command, startSeconds } = definition;
    const { home, env: own } = this.#options;
    const fill = (text: string) => this.#fill(text, definition.port);
    const filled = Object.entries(definition.env).map(([key, value]) => [key, fill(value)]);
    const env = { ...own(), ...Object.fromEntries(filled) };
    const program = definition.program ?? command[0] ?? "";
    if (!(await isInstalled(program, env.PATH ?? "")))
      throw notFound(`${title} is not installed in this project's image. Choose an image that has it, or install it.`);
    return new ServerRun({ title, command: command.map(fill), cwd: home, env, address, startSeconds });
  }

  #fill(text: string, port: number): string {
    const { podIp, base, home } = this.#options;
    const values: Record<string, string> = { ip: podIp ?? "0.0.0.0", port: String(port), base, home, user: userName() };
    return text.replace(/\{(ip|port|base|home|user)\}/g, (_, key: string) => values[key] ?? "");
  }
}

/** Did it come to its end in time? Its failure is thrown. */
async function within(act: Promise<void>, ms: number): Promise<boolean> {
  const late = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => late.resolve(false), ms);
  try {
    return await Promise.race([act.then(() => true), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}

async function isInstalled(program: string, path: string): Promise<boolean> {
  const places = program.includes("/") ? [program] : path.split(":").map((folder) => join(folder || ".", program));
  const found = await Promise.all(
    places.map((place) =>
      access(place, flags.X_OK).then(
        () => true,
        () => false,
      ),
    ),
  );
  return found.includes(true);
}

/** A container's user need not have a name. */
function userName(): string {
  try {
    return userInfo().username;
  } catch {
    return "user";
  }
}
