/** One run of a server's program: in a session of its own, waited for until it listens; its last words are kept. */

import { type ChildProcess, spawn } from "node:child_process";
import { sleep } from "../../../src/core/clock.ts";
import { messageOf, unavailable } from "../../../src/core/errors.ts";
import { fileError } from "../../../src/files/file-errors.ts";
import { signalSession } from "../processes.ts";
import { type Address, listens, placeName } from "./address.ts";

const LOOK_EVERY_MS = 100;
const KILL_AFTER_MS = 2_000;
/** After the program ended, what it left behind may hold its output open for this long. */
const OUTPUT_AFTER_EXIT_MS = 250;
const MAX_KEPT = 4_096;
const LINES_TOLD = 5;

interface Options {
  title: string;
  command: readonly string[];
  cwd: string;
  env: Record<string, string>;
  /** Where it will listen. */
  address: Address;
  startSeconds: number;
}

/** States: starting → ready (`ready` resolves) → over; or starting → over (`ready` rejects, saying why). */
export class ServerRun {
  readonly ready: Promise<void>;
  readonly #options: Options;
  readonly #child: ChildProcess;
  readonly #ended = Promise.withResolvers<void>();
  readonly #over = new AbortController();
  #why = "";
  #output = "";

  constructor(options: Options) {
    this.#options = options;
    const [file = "", ...args] = options.command;
    const { cwd, env } = options;
    this.#child = spawn(file, args, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.on("data", (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString("utf8")).slice(-MAX_KEPT);
      });
      stream?.on("error", () => {}); // ends with its program
    }
    this.#child.on("error", (error) => this.#end(`cannot be started: ${withoutStop(fileError(error, file))}`));
    this.#child.on("exit", () => setTimeout(() => this.#closeOutput(), OUTPUT_AFTER_EXIT_MS).unref());
    this.#child.on("close", (code, signal) => this.#end(`ended (${signal ?? code}) before it listened`));
    this.ready = this.#untilItListens();
    this.ready.catch(() => {}); // told to whoever asks
  }

  get address(): Address {
    return this.#options.address;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** Ends it and all that it started. */
  async end(): Promise<void> {
    const { pid } = this.#child;
    if (pid === undefined) return;
    await signalSession(pid, "SIGTERM");
    const force = setTimeout(() => void signalSession(pid, "SIGKILL"), KILL_AFTER_MS);
    await this.#ended.promise;
    clearTimeout(force);
    await signalSession(pid, "SIGKILL"); // what ignored the first
  }

  async #untilItListens(): Promise<void> {
    const { title, address, startSeconds } = this.#options;
    const deadline = Date.now() + startSeconds * 1_000;
    while (!this.isOver && Date.now() < deadline) {
      if (await listens(address)) return;
      await sleep(LOOK_EVERY_MS, this.#over.signal);
    }
    const why = this.isOver ? this.#why : `did not listen on ${placeName(address)} within ${startSeconds} s`;
    await this.end();
    throw unavailable(`${title} ${why}.${this.#lastLines()}`);
  }

  #end(why: string): void {
    if (!this.isOver) this.#why = why;
    this.#over.abort();
    this.#ended.resolve();
  }

  /** The child's "close" waits for this, and a daemon that it left behind may hold it for ever. */
  #closeOutput(): void {
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  #lastLines(): string {
    const lines = this.#output.trim().split(/\r?\n/).slice(-LINES_TOLD).join("\n");
    return lines === "" ? " It said nothing." : ` Its last words:\n${lines}`;
  }
}

function withoutStop(error: unknown): string {
  return messageOf(error).replace(/\.$/, "");
}
