/** A project's server on a home folder of its own, with keys of a hub of its own: for tests of the server and of what stands before it. */

import { randomUUID } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { io, type Socket } from "socket.io-client";
import { projectConfig } from "../../roles/project/config.ts";
import { textContent } from "../../roles/project/documents/document-content.ts";
import { serveProject } from "../../roles/project/server.ts";
import { readConfig } from "../../src/core/config.ts";
import type { Life } from "../../src/core/life.ts";
import {
  ASSERTION_HEADER,
  ASSERTION_ISSUER,
  type AssertionClaims,
  HUB_KEYS_VARIABLE,
} from "../../src/protocol/assertion.ts";
import type { ProjectAnswer, ProjectEvents, ProjectRequestName } from "../../src/protocol/project-socket.ts";
import { temporaryFolder } from "./folder.ts";
import { testLog } from "./log.ts";

/** Keys of a hub: `publicKeys` goes into a pod's environment, `assertion` makes the header's value. */
export interface TestHub {
  publicKeys: string;
  assertion(claims: Partial<AssertionClaims> & { aud: string }): Promise<string>;
}

export async function testHub(): Promise<TestHub> {
  const { publicKey, privateKey } = await generateKeyPair("EdDSA", { extractable: true });
  const kid = randomUUID();
  return {
    publicKeys: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid, alg: "EdDSA" }] }),
    assertion: (claims) => {
      const now = Math.floor(Date.now() / 1_000);
      const all = {
        iss: ASSERTION_ISSUER,
        sub: randomUUID(),
        role: "owner",
        name: "Ada",
        iat: now,
        exp: now + 60,
        ...claims,
      };
      return new SignJWT(all).setProtectedHeader({ alg: "EdDSA", kid }).sign(privateKey);
    },
  };
}

/** The environment of a project's pod, with folders below `root`. */
export async function projectEnvironment(root: string, { projectId, hub }: { projectId: string; hub: TestHub }) {
  const env: Record<string, string> = {
    COCALC_PROJECT_ID: projectId,
    HOME: join(root, "home"),
    EXT: join(root, "ext"),
    DATA: join(root, "data"),
    TMPDIR: join(root, "tmp"),
    COCALC_POD_IP: "127.0.0.1",
    PORT: "0",
    [HUB_KEYS_VARIABLE]: hub.publicKeys,
  };
  for (const name of ["HOME", "EXT", "DATA", "TMPDIR"]) await mkdir(env[name] ?? "", { recursive: true });
  return env;
}

export interface TestProjectServer {
  projectId: string;
  /** Such as http://127.0.0.1:5000. */
  origin: string;
  /** `<origin><base>/<project_id>`. */
  url: string;
  home: string;
  /** The folder that holds home, ext, data and tmp. */
  root: string;
  hub: TestHub;
  /** A request as the hub would send it; the path is below `url`. */
  fetch(path: string, init?: RequestInit, claims?: Partial<AssertionClaims>): Promise<Response>;
  /** A connected socket; closed with the life. */
  connect(claims?: Partial<AssertionClaims>): Promise<ProjectClient>;
}

/** A socket of the project's server, with requests as promises. */
export interface ProjectClient {
  socket: Socket<ProjectEvents, Record<string, (...args: unknown[]) => void>>;
  hello: Parameters<ProjectEvents["hello"]>[0];
  ask<N extends ProjectRequestName>(name: N, input: object): Promise<ProjectAnswer<N> & { ok: true }>;
  /** As `ask`, but an error is an answer too. */
  tryToAsk<N extends ProjectRequestName>(name: N, input: object): Promise<ProjectAnswer<N>>;
}

interface Options {
  env?: Record<string, string>;
  hub?: TestHub;
  projectId?: string;
  /** Of an earlier server, to start again on the same folders. */
  root?: string;
  /** Bytes that a text may have; as many as in an installation without it. */
  textLimit?: number;
}

/** Starts a server in this process. */
export async function startProjectServer(life: Life, options: Options = {}): Promise<TestProjectServer> {
  const hub = options.hub ?? (await testHub());
  const projectId = options.projectId ?? randomUUID();
  const root = options.root ?? (await temporaryFolder(life, "project"));
  const env = { ...(await projectEnvironment(root, { projectId, hub })), ...options.env };
  const config = readConfig(projectConfig, env);
  const listen = { host: config.podIp ?? "127.0.0.1", port: config.port };
  const { textLimit: bytes = textContent.limit.bytes } = options;
  const content = { ...textContent, limit: { ...textContent.limit, bytes } };
  const { origin } = await serveProject(life, { config, listen, log: testLog(), content });
  return projectAt(life, { origin, basePath: config.basePath, projectId, hub, root });
}

/** The ways to speak to a project's server that runs somewhere. */
export function projectAt(
  life: Life,
  at: { origin: string; basePath: string; projectId: string; hub: TestHub; root: string },
): TestProjectServer {
  const { origin, projectId, hub, root, basePath } = at;
  const url = `${origin}${basePath}/${projectId}`;
  return {
    ...at,
    url,
    home: join(root, "home"),
    fetch: async (path, init = {}, claims = {}) => {
      const headers = new Headers(init.headers);
      headers.set(ASSERTION_HEADER, await hub.assertion({ aud: projectId, ...claims }));
      return fetch(`${url}${path}`, { ...init, headers });
    },
    connect: async (claims = {}) => {
      const assertion = await hub.assertion({ aud: projectId, ...claims });
      const socket = io(origin, {
        path: `${basePath}/${projectId}/api/socket`,
        transports: ["websocket"],
        forceNew: true,
        reconnection: false,
        extraHeaders: { [ASSERTION_HEADER]: assertion },
      });
      life.defer("test socket", () => void socket.disconnect());
      return clientOf(socket);
    },
  };
}

async function clientOf(socket: ProjectClient["socket"]): Promise<ProjectClient> {
  const { promise, resolve, reject } = Promise.withResolvers<ProjectClient["hello"]>();
  socket.once("hello", resolve);
  socket.once("connect_error", reject);
  const hello = await promise;
  const tryToAsk: ProjectClient["tryToAsk"] = (name, input) => socket.timeout(20_000).emitWithAck(name, input);
  return {
    socket,
    hello,
    tryToAsk,
    ask: async (name, input) => {
      const answer = await tryToAsk(name, input);
      if (!answer.ok) throw new Error(`${name}: ${answer.code}: ${answer.error}`);
      return answer as typeof answer & { ok: true }; // just looked at
    },
  };
}
