/** The servers of a project that are reached by name: started when somebody asks for one, ended with the project. */

import { constants as flags } from "node:fs";
import { access, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import type { ServerEntry } from "../../../src/protocol/project-web-servers.ts";
import { type Address, isThere, listens, loopbackOf, makeSocketFolder, originOf } from "./address.ts";
import { ServerRun } from "./server-run.ts";
import { type ServerDefinition, type ServerTable, SOCKET } from "./server-table.ts";

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
  readonly #starting = new Map<string, Promise<Address>>();
  readonly #failed = new Map<string, { error: unknown; at: number }>();
  /** Of the last run of each, by name. */
  readonly #socketFolders = new Map<string, string>();

  constructor(life: Life, options: Options) {
    this.#life = life;
    this.#options = options;
    life.defer("named servers", async () => {
      await Promise.all([...this.#runs.values()].map((run) => run.end()));
      for (const folder of this.#socketFolders.values()) await rm(folder, { recursive: true, force: true });
    });
  }

  /** Those whose programs are there. */
  async list(): Promise<ServerEntry[]> {
    const entries = Object.entries(this.#options.table).map(async ([name, definition]) => {
      const { path } = this.#environment(definition, undefined);
      const { title, below } = definition;
      return (await isInstalled(programOf(definition), path)) ? [{ title, path: `${below}/${name}/` }] : [];
    });
    return (await Promise.all(entries)).flat();
  }

  /** @throws AppError `not_found` for a name that is not known. */
  definitionOf(name: string): ServerDefinition {
    const definition = Object.hasOwn(this.#options.table, name) ? this.#options.table[name] : undefined;
    if (definition !== undefined) return definition;
    const known = Object.keys(this.#options.table).join(", ");
    throw notFound(`There is no server named ${name} in this project; known are ${known}.`);
  }

  /**
   * The origin of a server for an upstream, which is started if it is not running; undefined when it does not listen by the end of the wait.
   * @throws AppError `not_found` for a name that is not known or a program that is not installed, `unavailable` with the last words of one that failed,
   * and what the file system refuses.
   */
  async originOf(name: string, { waitSeconds }: { waitSeconds: number }): Promise<string | undefined> {
    const definition = this.definitionOf(name);
    if (this.#life.isStopping) throw new AppError("unavailable", "The project is stopping.");
    const address = await within(this.#ensure(name, definition), waitSeconds * 1_000);
    return address === undefined ? undefined : originOf(address);
  }

  #ensure(name: string, definition: ServerDefinition): Promise<Address> {
    const known = this.#starting.get(name);
    if (known !== undefined) return known;
    const starting = this.#start(name, definition).finally(() => this.#starting.delete(name));
    this.#starting.set(name, starting);
    return starting;
  }

  async #start(name: string, definition: ServerDefinition): Promise<Address> {
    const known = (await this.#running(name)) ?? (await this.#startedByHand(definition));
    if (known !== undefined) return known;
    const failed = this.#failed.get(name);
    if (failed !== undefined && Date.now() - failed.at < FAILED_FOR_MS) throw failed.error;
    try {
      return await this.#startAnew(name, definition);
    } catch (error) {
      this.#failed.set(name, { error, at: Date.now() }); // here alone: to be told of it must not make it younger
      throw error;
    }
  }

  async #running(name: string): Promise<Address | undefined> {
    const run = this.#runs.get(name);
    if (run === undefined || run.isOver) return undefined;
    await run.ready;
    if (await isThere(run.address)) return run.address;
    await run.end(); // its socket was removed, as by who empties /tmp: nobody would reach it again
    return undefined;
  }

  async #startedByHand({ command, port }: ServerDefinition): Promise<Address | undefined> {
    if (port === undefined || hasSocket(command)) return undefined;
    const address = { host: loopbackOf(this.#options.podIp), port };
    return (await listens(address)) ? address : undefined;
  }

  async #startAnew(name: string, definition: ServerDefinition): Promise<Address> {
    const { title, command, startSeconds } = definition;
    const program = programOf(definition);
    if (!(await isInstalled(program, this.#environment(definition, undefined).path)))
      throw notInstalled(title, program);
    const address = await this.#addressFor(name, definition);
    const { env, fill } = this.#environment(definition, address);
    const cwd = this.#options.home;
    const run = new ServerRun({ title, command: command.map(fill), cwd, env, address, startSeconds });
    this.#runs.set(name, run);
    if (this.#life.signal.aborted) await run.end(); // the project began to stop meanwhile
    await run.ready;
    return address;
  }

  async #addressFor(name: string, { command, port }: ServerDefinition): Promise<Address> {
    if (hasSocket(command)) return { path: join(await this.#newSocketFolder(name), `${name}.sock`) };
    const host = loopbackOf(this.#options.podIp);
    return { host, port: port ?? (await freePort(host)) };
  }

  /** For each run anew: that of the one before may be gone, or hold what it left behind. */
  async #newSocketFolder(name: string): Promise<string> {
    const before = this.#socketFolders.get(name);
    if (before !== undefined) await rm(before, { recursive: true, force: true });
    const folder = await makeSocketFolder();
    this.#socketFolders.set(name, folder);
    return folder;
  }

  /** What its program is started with; `path` is where programs are looked for. */
  #environment(definition: ServerDefinition, address: Address | undefined) {
    const { home, env: own } = this.#options;
    const ofProject = own();
    const usual = `${home}/.local/bin:${ofProject.PATH}`; // where people install programs for themselves comes first
    const fill = (text: string) => this.#fill(text, address, usual);
    const filled = Object.entries(definition.env).map(([key, value]) => [key, fill(value)]);
    const env: Record<string, string> = { ...ofProject, PATH: usual, ...Object.fromEntries(filled) };
    return { env, path: env.PATH ?? usual, fill };
  }

  #fill(text: string, address: Address | undefined, path: string): string {
    const { base, home } = this.#options;
    const values: Record<string, string> = { ...placeOf(address), base, home, user: userName(), path };
    return text.replace(/\{(socket|ip|port|base|home|user|path)\}/g, (_, key: string) => values[key] ?? "");
  }
}

/** The program without which there is nothing to start. */
function programOf({ program, command: [first = ""] }: ServerDefinition): string {
  return program ?? first;
}

const hasSocket = (command: readonly string[]): boolean => command.some((word) => word.includes(SOCKET));

function placeOf(address: Address | undefined): Record<string, string> {
  if (address === undefined) return {};
  return "path" in address ? { socket: address.path } : { ip: address.host, port: String(address.port) };
}

function notInstalled(title: string, program: string): AppError {
  return notFound(
    `${title} is not installed in this project: there is no program ${program}. Choose an image that has it in the project's settings, or install it so that a terminal finds it.`,
  );
}

/** What comes of it in time; its failure is thrown. */
async function within<T>(act: Promise<T>, ms: number): Promise<T | undefined> {
  const late = Promise.withResolvers<undefined>();
  const timer = setTimeout(() => late.resolve(undefined), ms);
  try {
    return await Promise.race([act, late.promise]);
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
