/** Probes: asks a container whether it has started, lives and is ready, and tells what changes. */

import { execFile } from "node:child_process";
import { request } from "node:http";
import { connect } from "node:net";
import { sleep } from "../../core/clock.ts";
import { messageOf } from "../../core/errors.ts";
import type { ProbeAction, ProbePlan } from "./pod-plan.ts";

/** What a probe needs to know of its container. */
export interface ProbeTarget {
  ip: string;
  ports: ReadonlyMap<string, number>;
  /** Runs a command as the container would: its words and environment, and what is put before each of its commands. */
  exec: {
    env: Record<string, string>;
    cwd: string | undefined;
    prefix: readonly string[];
    map: (word: string) => string;
  };
}

/** Undefined: well. Else why not, in a kubelet's words. */
export type ProbeResult = string | undefined;

export interface ProbeLoop {
  plan: ProbePlan;
  target: ProbeTarget;
  /** Asks often until the first success, so that what is ready is seen at once. */
  eager: boolean;
  signal: AbortSignal;
  /** Called when as many in a row as the threshold says have gone well or badly, at the change. */
  onChange: (healthy: boolean) => void;
  /** Called for each failure that counts. */
  onFailure: (why: string) => void;
}

const EAGER_FIRST_MS = 10;
const EAGER_PART = 0.05;

/** Probes until the signal is aborted. While eager, a failure counts only once a period. */
export async function runProbe({ plan, target, eager, signal, onChange, onFailure }: ProbeLoop): Promise<void> {
  const { initialDelayMs, periodMs, successThreshold, failureThreshold } = plan;
  await sleep(initialDelayMs, signal);
  const startedAt = performance.now();
  let countedAt = startedAt;
  let everWell = false;
  let healthy: boolean | undefined;
  let row = 0;
  while (!signal.aborted) {
    const askedAt = performance.now();
    const why = await probeOnce(plan, target);
    if (signal.aborted) return;
    const well = why === undefined;
    everWell ||= well;
    const hurried = eager && !everWell;
    if (well || !hurried || askedAt - countedAt >= periodMs) {
      countedAt = askedAt;
      row = row > 0 === well ? row + (well ? 1 : -1) : well ? 1 : -1;
      if (!well) onFailure(why);
      const reached = well ? row >= successThreshold : -row >= failureThreshold;
      if (reached && healthy !== well) {
        healthy = well;
        onChange(well);
      }
    }
    const eagerly = Math.max(EAGER_FIRST_MS, (performance.now() - startedAt) * EAGER_PART);
    const regularly = periodMs - (performance.now() - askedAt);
    await sleep(Math.max(1, hurried ? Math.min(periodMs, eagerly) : regularly), signal);
  }
}

async function probeOnce({ action, timeoutMs }: ProbePlan, target: ProbeTarget): Promise<ProbeResult> {
  if (action.kind === "exec") return probeExec(action.command, { timeoutMs, ...target.exec });
  const port = typeof action.port === "number" ? action.port : (target.ports.get(action.port) ?? Number(action.port));
  if (!Number.isInteger(port)) return `strconv.Atoi: parsing "${action.port}": invalid syntax`;
  return action.kind === "tcp"
    ? probeTcp({ ip: target.ip, port, timeoutMs })
    : probeHttp(action, { ip: target.ip, port, timeoutMs });
}

interface Where {
  ip: string;
  port: number;
  timeoutMs: number;
}

function probeHttp(action: ProbeAction & { kind: "http" }, { ip, port, timeoutMs }: Where): Promise<ProbeResult> {
  const host = action.host ?? ip;
  const url = `http://${host}:${port}${action.path}`;
  return new Promise((resolve) => {
    const headers = { "user-agent": "kube-probe/1.34", accept: "*/*", ...Object.fromEntries(action.headers) };
    const signal = AbortSignal.timeout(timeoutMs);
    const asked = request(url, { agent: false, headers, signal }, (response) => {
      const { statusCode = 0 } = response;
      response.destroy();
      resolve(statusCode >= 200 && statusCode < 400 ? undefined : `HTTP probe failed with statuscode: ${statusCode}`);
    });
    asked.once("error", (error) =>
      resolve(`Get "${url}": ${signal.aborted ? "context deadline exceeded" : dialWords(error, ip, port)}`),
    );
    asked.end();
  });
}

function probeTcp({ ip, port, timeoutMs }: Where): Promise<ProbeResult> {
  return new Promise((resolve) => {
    const socket = connect({ host: ip, port, timeout: timeoutMs });
    const tell = (result: ProbeResult) => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => tell(undefined));
    socket.once("timeout", () => tell(`dial tcp ${ip}:${port}: i/o timeout`));
    socket.once("error", (error) => tell(dialWords(error, ip, port)));
  });
}

function dialWords(error: Error, ip: string, port: number): string {
  const refused = "code" in error && error.code === "ECONNREFUSED";
  return refused ? `dial tcp ${ip}:${port}: connect: connection refused` : messageOf(error);
}

type ExecOptions = ProbeTarget["exec"] & { timeoutMs: number };

function probeExec(command: string[], { env, cwd, prefix, map, timeoutMs }: ExecOptions): Promise<ProbeResult> {
  const [program = "", ...args] = [...prefix, ...command.map(map)];
  return new Promise((resolve) => {
    execFile(
      program,
      args,
      { env, ...(cwd && { cwd }), timeout: timeoutMs, killSignal: "SIGKILL" },
      (error, out, err) => {
        if (!error) resolve(undefined);
        else
          resolve(
            error.killed ? `command timed out: ${command.join(" ")}` : `${out}${err}`.slice(0, 1_000) || error.message,
          );
      },
    );
  });
}
