/** The whole product as a newcomer runs it (`cocalc-k8s local`), on a data folder and a port of its own, and people who use it over HTTP. */

import type { Life } from "../../src/core/life.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { type CliProcess, startCli } from "./cli.ts";
import { temporaryFolder } from "./folder.ts";
import { until } from "./until.ts";

export interface Product {
  /** Such as http://localhost:8080. */
  origin: string;
  dataDir: string;
  process: CliProcess;
}

interface ProductOptions {
  /** Of an earlier run, to go on with its data. */
  dataDir?: string;
  env?: Record<string, string>;
}

/** Starts it and waits until it serves; stopped with SIGTERM when the life stops, its data removed unless it was given. */
export async function startProduct(life: Life, { dataDir, env = {} }: ProductOptions = {}): Promise<Product> {
  const folder = dataDir ?? (await temporaryFolder(life, "product"));
  const port = await freePort();
  const process = startCli(life, ["local"], { COCALC_DATA: folder, PORT: String(port), ...env });
  life.defer("product", async () => {
    process.child.kill("SIGTERM");
    await process.ended;
  });
  let ended: number | NodeJS.Signals | undefined;
  void process.ended.then((status) => {
    ended = status;
  });
  await until(
    () => {
      if (ended !== undefined)
        throw new Error(`cocalc-k8s local ended with ${ended}:\n${process.output().stderr.slice(-3_000)}`);
      return process.output().stdout.includes("CoCalc is at");
    },
    { timeoutMs: 200_000, what: "cocalc-k8s local serves" },
  );
  return { origin: `http://localhost:${port}`, dataDir: folder, process };
}

/** Somebody with a session who uses the API as a browser would. */
export class Person {
  readonly origin: string;
  readonly cookie: string;
  readonly accountId: string;

  private constructor(origin: string, { cookie, accountId }: { cookie: string; accountId: string }) {
    this.origin = origin;
    this.cookie = cookie;
    this.accountId = accountId;
  }

  /** Signs up; the first one of an installation is its administrator. */
  static async signUp(origin: string, name: string): Promise<Person> {
    const response = await fetch(`${origin}/api/v2/auth/sign-up`, {
      method: "POST",
      headers: { "content-type": "application/json", origin },
      body: JSON.stringify({
        email: `${name.toLowerCase()}@example.org`,
        password: "correct horse battery staple",
        firstName: name,
        lastName: "Tester",
        terms: true,
      }),
    });
    const answer = (await response.json()) as { account_id?: string; error?: string };
    if (answer.account_id === undefined) throw new Error(`signing up failed: ${JSON.stringify(answer)}`);
    const cookie = response.headers
      .getSetCookie()
      .map((each) => each.split(";")[0])
      .join("; ");
    return new Person(origin, { cookie, accountId: answer.account_id });
  }

  /** Calls an endpoint of /api/v2. @throws with the error that it answers. */
  async call<Answer = Record<string, unknown>>(endpoint: string, body: object = {}): Promise<Answer> {
    const response = await fetch(`${this.origin}/api/v2/${endpoint}`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: this.origin, cookie: this.cookie },
      body: JSON.stringify(body),
    });
    const answer = (await response.json()) as Answer & { error?: string };
    if (answer.error !== undefined) throw new Error(`${endpoint}: ${answer.error}`);
    return answer;
  }

  /** Makes a project, and starts it if asked; resolves with its id. */
  async createProject(title: string, { start = false } = {}): Promise<string> {
    const { project_id: projectId } = await this.call<{ project_id: string }>("projects/create", { title });
    if (start) await this.startProject(projectId);
    return projectId;
  }

  /** Starts a project and waits until it runs. */
  async startProject(projectId: string): Promise<void> {
    await this.call("projects/start", { project_id: projectId });
    await this.untilState(projectId, "running");
  }

  /** Waits until a project is in a state. */
  async untilState(projectId: string, state: string): Promise<void> {
    await until(
      async () => {
        const project = await this.call<{ state: { state: string } | null }>("projects/get-one", {
          project_id: projectId,
        });
        return project.state?.state === state;
      },
      { what: `project ${projectId} is ${state}`, timeoutMs: 200_000, everyMs: 50 },
    );
  }
}
