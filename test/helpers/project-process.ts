/** A project's server as a process of its own, so that it can be killed like one. */

import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { environment } from "../../src/core/env.ts";
import type { Life } from "../../src/core/life.ts";
import { temporaryFolder } from "./folder.ts";
import { projectAt, projectEnvironment, type TestHub, type TestProjectServer, testHub } from "./project-server.ts";

export interface ProjectProcess extends TestProjectServer {
  pid: number;
  /** Sends the signal and resolves with the exit code (null: by the signal) when the process is gone. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

interface Options {
  root?: string;
  hub?: TestHub;
  projectId?: string;
  env?: Record<string, string>;
  /** The executable: the sources, or a bundle of them. */
  main?: string;
}

/** Starts `--role=project` and waits until it serves. Killed with the life. */
export async function startProjectProcess(life: Life, options: Options = {}): Promise<ProjectProcess> {
  const hub = options.hub ?? (await testHub());
  const projectId = options.projectId ?? randomUUID();
  const root = options.root ?? (await temporaryFolder(life, "project"));
  const env = {
    PATH: environment().PATH,
    COCALC_LOG_FORMAT: "json",
    ADMIN_HOST: "127.0.0.1",
    ADMIN_PORT: "0",
    ...(await projectEnvironment(root, { projectId, hub })),
    ...options.env,
  };
  const child = spawn(process.execPath, [options.main ?? "src/main.ts", "--role=project"], {
    env,
    stdio: ["ignore", "ignore", "pipe"],
  });
  const gone = once(child, "exit");
  const end = async (signal: NodeJS.Signals) => {
    child.kill(signal);
    const [code] = await gone;
    return code as number | null; // as Node tells an exit
  };
  life.defer("project process", async () => void (await end("SIGKILL")));
  const origin = await servingOrigin(child.stderr);
  const at = projectAt(life, { origin, basePath: "", projectId, hub, root });
  return { ...at, pid: child.pid ?? 0, end };
}

/** Reads the log until the project's server says where it serves; the rest of the log is read and dropped. */
async function servingOrigin(log: NodeJS.ReadableStream): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const last: string[] = [];
  const lines = createInterface({ input: log });
  lines.on("line", (line) => {
    last.push(line);
    if (last.length > 20) last.shift();
    const { msg, role, port } = line.startsWith("{") ? JSON.parse(line) : {};
    if (msg === "serving" && role === "project") resolve(`http://127.0.0.1:${port}`);
  });
  lines.on("close", () => reject(new Error(`the project's server ended early:\n${last.join("\n")}`)));
  return promise;
}
