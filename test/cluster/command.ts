/** Runs a program to its end and tells, when it fails, what it said; not for programs that stay. */
import { spawn } from "node:child_process";
import { environment } from "../../src/core/env.ts";

export interface CommandOptions {
  cwd?: string;
  /** Added to the environment of this process. */
  env?: Record<string, string>;
  input?: string;
  /** Milliseconds after which the program is killed; 20 minutes if not said. */
  timeoutMs?: number;
  /** Kills the program when aborted. */
  signal?: AbortSignal;
}

/** Runs `program` and returns what it wrote to stdout; throws with its last output when it fails. */
export async function run(program: string, args: string[], options: CommandOptions = {}): Promise<string> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...environment(), ...options.env },
    stdio: [options.input === undefined ? "ignore" : "pipe", "pipe", "pipe"],
    timeout: options.timeoutMs ?? 20 * 60_000,
    killSignal: "SIGKILL",
    ...(options.signal && { signal: options.signal }),
  });
  const stdout: Buffer[] = [];
  const stderr: Buffer[] = [];
  child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
  child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
  child.stdin?.end(options.input);
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", resolve);
  });
  const out = Buffer.concat(stdout).toString("utf8");
  if (code !== 0) {
    const said = `${out}\n${Buffer.concat(stderr).toString("utf8")}`.trim().slice(-3000);
    throw new Error(`${program} ${args.join(" ")} failed (exit ${code ?? "by signal"}): ${said}`);
  }
  return out;
}

/** Like `run`, but a failure is an empty answer: for clearing away what may not be there. */
export async function tryRun(program: string, args: string[]): Promise<string> {
  return run(program, args).catch(() => "");
}
