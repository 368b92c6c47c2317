/** The servers of a project that are reached by name: started when somebody asks for one, ended with the project. */

import { constants as flags } from "node:fs";
import { access, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { AppError, notFound } from "../../../src/core/errors.ts";
import type { Life } from "../../../src/core/life.ts";
import { freePort } from "../../../src/net/serve.ts";
import type { ServerEntry } from "../../../src/protocol/project-server.ts";
import { type Address, listens, loopbackOf, makeSocketFolder, originOf } from "./address.ts";
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
  #socketFolder: Promise<string> | undefined;

  constructor(life: Life, options: Options) {
    this.#life = life;
    this.#options = options;
    life.defer("named servers", async () => {
      await Promise.all([...this.#runs.values()].map((run) => run.end()));
      const folder = await this.#socketFolder?.catch(() => undefined); // was told to whoever asked
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
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
   * @throws AppError `not_found` for a name that is not known or a program that is not installed, `unavailable` with the last words of one that failed.
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
    starting.catch((error: unknown) => this.#failed.set(name, { error, at: Date.now() }));
    this.#starting.set(name, starting);
    return starting;
  }

  async #start(name: string, definition: ServerDefinition): Promise<Address> {
    const running = this.#runs.get(name);
    if (running !== undefined && !running.isOver) {
      await running.ready;
      return running.address;
    }
    const address = await this.#addressFor(name, definition);
    if (definition.port !== undefined && (await listens(address))) return address; // somebody started it by hand
    const failed = this.#failed.get(name);
    if (failed !== undefined && Date.now() - failed.at < FAILED_FOR_MS) throw failed.error;
    const run = await this.#run(definition, address);
    this.#runs.set(name, run);
    if (this.#life.signal.aborted) await run.end(); // the project began to stop meanwhile
    await run.ready;
    return address;
  }

  async #addressFor(name: string, { command, port }: ServerDefinition): Promise<Address> {
    if (command.some((word) => word.includes(SOCKET))) {
      this.#socketFolder ??= makeSocketFolder();
      return { path: join(await this.#socketFolder, `${name}.sock`) };
    }
    const host = loopbackOf(this.#options.podIp);
    return { host, port: port ?? (await freePort(host)) };
  }

  async #run(definition: ServerDefinition, address: Address): Promise<ServerRun> {
    const { title, command, startSeconds } = definition;
    const { env, path, fill } = this.#environment(definition, address);
    const program = programOf(definition);
    if (!(await isInstalled(program, path))) throw notInstalled(title, program);
    if ("path" in address) await rm(address.path, { force: true }); // of a run that was killed
    const cwd = this.#options.home;
    return new ServerRun({ title, command: command.map(fill), cwd, env, address, startSeconds });
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
