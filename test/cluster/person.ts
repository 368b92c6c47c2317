/** People on the system under test, over HTTP and sockets: they sign up, make projects, start them and work in them. */
import { randomBytes } from "node:crypto";
import { io, type Socket } from "socket.io-client";
import type { Life } from "../../src/core/life.ts";
import type { ProjectAnswer, ProjectEvents, ProjectRequestName } from "../../src/protocol/project-socket.ts";
import { Browser, PASSWORD } from "../helpers/hub-next.ts";

/** A person who has just signed up over HTTP. */
export interface Person extends Browser {
  email: string;
}

/** Signs up at the site of this origin. */
export async function signUp({ origin }: { origin: string }, firstName: string): Promise<Person> {
  const browser = new Browser(origin);
  const email = `${randomBytes(6).toString("hex")}@example.org`;
  await browser.call("auth/sign-up", { email, password: PASSWORD, firstName, lastName: "Example" });
  return Object.assign(browser, { email });
}

/** Makes a project and asks for its start. */
export async function startProject(person: Person, options: { title?: string; image?: string } = {}): Promise<string> {
  const { project_id } = await person.call("projects/create", { title: "A project", ...options });
  await person.call("projects/start", { project_id });
  return project_id;
}

/** A socket to a project's own server, through the ingress and hub-proxy, with requests as promises. */
export interface ProjectSocket {
  socket: Socket<ProjectEvents, Record<string, (...args: unknown[]) => void>>;
  ask<N extends ProjectRequestName>(name: N, input: object): Promise<ProjectAnswer<N> & { ok: true }>;
}

export async function openProject(life: Life, person: Person, projectId: string): Promise<ProjectSocket> {
  const socket: ProjectSocket["socket"] = io(person.base, {
    path: `/${projectId}/api/socket`,
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { Cookie: person.cookie ?? "", Origin: person.base },
  });
  life.defer("project socket", () => void socket.disconnect());
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  socket.once("hello", () => resolve());
  socket.once("connect_error", reject);
  await promise;
  return {
    socket,
    ask: async (name, input) => {
      const answer: ProjectAnswer<typeof name> = await socket.timeout(20_000).emitWithAck(name, input);
      if (!answer.ok) throw new Error(`${name}: ${answer.code}: ${answer.error}`);
      return answer as typeof answer & { ok: true }; // just looked at
    },
  };
}

/** Runs a script in the project through its own server, as its page would. */
export async function runScript(person: Person, projectId: string, script: string): Promise<string> {
  const response = await person.fetch(`/${projectId}/api/exec`, {
    method: "POST",
    headers: { "Content-Type": "application/json", Origin: person.base },
    body: JSON.stringify({ command: script, bash: true, timeoutSeconds: 30 }),
  });
  const answer = (await response.json()) as { stdout?: string; error?: string }; // ExecAnswer or an error
  if (answer.stdout === undefined) throw new Error(`exec answered ${response.status}: ${answer.error}`);
  return answer.stdout;
}
