/** Runs one program for a caller, bounded in time and output; when its time is up, or its caller is gone, all that it started ends with it. */

import { type ChildProcessWithoutNullStreams, spawn } from "node:child_process";
import { once } from "node:events";
import { access } from "node:fs/promises";
import type { Readable } from "node:stream";
import { AppError, asError } from "../../src/core/errors.ts";
import type { Life } from "../../src/core/life.ts";
import { fileError, telling } from "../../src/files/file-errors.ts";
import type { ExecAnswer, ExecRequest } from "../../src/protocol/project-exec.ts";
import { signalSession } from "./processes.ts";

const MAX_RUNNING = 50;
/** After a program ended, what it left behind may hold its output open for this long. */
const OUTPUT_AFTER_EXIT_MS = 250;
/** It takes our pipes for a login from afar, and would read `.bashrc`, which is for people: what that says is no output, and it may be broken. */
const BASH = ["--norc", "-c"];

interface Options {
  life: Life;
  env: () => Record<string, string>;
}

/** Programs that run for callers. */
export class Exec {
  readonly #env: Options["env"];
  readonly #running = new Set<number>();

  constructor({ life, env }: Options) {
    this.#env = env;
    life.defer("exec", async () => {
      await Promise.all([...this.#running].map((pid) => signalSession(pid, "SIGKILL")));
    });
  }

  /**
   * @param cwd absolute path on this machine. @param gone aborted when nobody waits for the answer any more: a hub lets go of a request whose
   * caller's right has ended. @throws AppError when the program cannot be started.
   */
  async run(request: ExecRequest, cwd: string, gone: AbortSignal): Promise<ExecAnswer> {
    await telling(request.path, () => access(cwd)); // else it is the program that seems to be missing
    if (this.#running.size >= MAX_RUNNING)
      throw new AppError("rate_limited", `${MAX_RUNNING} programs are running already; wait for one to end.`);
    const { child, pid } = await this.#start(request, cwd);
    const ended = Promise.withResolvers<{ exitCode: number | null; signal: string | null }>();
    child.on("exit", (exitCode, signal) => ended.resolve({ exitCode, signal }));
    const outputs = [new Output(child.stdout, request.maxOutput), new Output(child.stderr, request.maxOutput)] as const;
    this.#running.add(pid);
    child.stdin.on("error", () => {}); // a program need not read what it is given
    child.stdin.end(request.stdin);
    let timedOut = false;
    const end = () => void signalSession(pid, "SIGKILL");
    const timer = setTimeout(() => {
      timedOut = true;
      end();
    }, request.timeoutSeconds * 1_000);
    gone.addEventListener("abort", end, { once: true });
    if (gone.aborted) end();
    try {
      const exit = await ended.promise;
      await Promise.all(outputs.map((output) => output.ended(OUTPUT_AFTER_EXIT_MS)));
      const [stdout, stderr] = outputs;
      return {
        ...exit,
        timedOut,
        stdout: stdout.text,
        stderr: stderr.text,
        truncated: stdout.truncated || stderr.truncated,
      };
    } finally {
      clearTimeout(timer);
      gone.removeEventListener("abort", end);
      this.#running.delete(pid);
    }
  }

  async #start(request: ExecRequest, cwd: string): Promise<{ child: ChildProcessWithoutNullStreams; pid: number }> {
    const [file, args] = request.bash
      ? ["bash", [...BASH, request.command, "bash", ...request.args]]
      : [request.command, request.args];
    try {
      const env = { ...this.#env(), ...request.env };
      const child = spawn(file, args, { cwd, env, detached: true }); // a session of its own
      if (child.pid !== undefined) return { child, pid: child.pid };
      const [error] = await once(child, "error"); // without a process there need be no streams either
      throw error;
    } catch (error) {
      throw cannotStart(asError(error), request); // some errors of the system are told at once, such as E2BIG
    }
  }
}

function cannotStart(error: Error, { command, bash }: ExecRequest): unknown {
  return fileError(error, bash ? "bash" : command.slice(0, 200));
}

/** One output stream: its first bytes are kept, the others are read and dropped. */
class Output {
  readonly #kept: Buffer[] = [];
  readonly #stream: Readable;
  readonly #closed = Promise.withResolvers<void>();
  #room: number;
  truncated = false;

  constructor(stream: Readable, room: number) {
    this.#stream = stream;
    this.#room = room;
    stream.on("data", (chunk: Buffer) => this.#take(chunk));
    stream.on("error", () => {}); // ends with its program
    stream.on("close", () => this.#closed.resolve());
  }

  get text(): string {
    return Buffer.concat(this.#kept).toString("utf8");
  }

  /** Resolves when the stream has ended, or after a while: a daemon that was left behind may hold it for ever. */
  async ended(withinMs: number): Promise<void> {
    const timer = setTimeout(() => this.#stream.destroy(), withinMs);
    await this.#closed.promise;
    clearTimeout(timer);
  }

  #take(chunk: Buffer): void {
    if (chunk.length > this.#room) this.truncated = true;
    if (this.#room > 0) this.#kept.push(chunk.subarray(0, this.#room));
    this.#room = Math.max(0, this.#room - chunk.length);
  }
}
