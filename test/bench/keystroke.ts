/** From a keystroke of one collaborator to the other's document, both through hub-proxy to one project server. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { io, type Socket } from "socket.io-client";
import * as Y from "yjs";
import type { Life } from "../../src/core/life.ts";
import { publicKeys } from "../../src/domain/signing-keys/signing-keys.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { HUB_KEYS_VARIABLE } from "../../src/protocol/assertion.ts";
import { DOCUMENT_TEXT } from "../../src/protocol/document-text.ts";
import type { DocumentView } from "../../src/protocol/project-documents.ts";
import { projectEnvironment } from "../helpers/project-server.ts";
import { startProgram, untilListening } from "./processes.ts";
import { type Benchmark, ms, quantile } from "./report.ts";
import { createPerson, createRunningProject, openWorld } from "./world.ts";

const KEYSTROKES = 500;
const POD_IP = "127.0.60.1";
const bundle = fileURLToPath(new URL("../../dist/server/main.js", import.meta.url));

export function benchmark(life: Life): Benchmark {
  return {
    name: "keystroke",
    async run() {
      const { origin, projectId, cookies } = await openProject(life);
      const [ada, bob] = await Promise.all(cookies.map((cookie) => openDocument(life, { origin, projectId, cookie })));
      if (ada === undefined || bob === undefined) throw new Error("two people are needed");
      const delays: number[] = [];
      for (let count = 0; count < KEYSTROKES; count += 1) {
        const heard = Promise.withResolvers<void>();
        const onChange = () => heard.resolve();
        bob.text.observe(onChange);
        const began = performance.now();
        ada.text.insert(ada.text.length, "x");
        await heard.promise;
        delays.push(performance.now() - began);
        bob.text.unobserve(onChange);
      }
      const p95 = quantile(delays, 0.95);
      return [
        {
          what: "keystroke to the other collaborator through hub-proxy",
          measured: `p50 ${ms(quantile(delays, 0.5))}, p95 ${ms(p95)}`,
          aim: "p95 ≤ 30 ms",
          met: p95 <= 30,
          how: `${KEYSTROKES} keystrokes one after the other, two sockets through hub-proxy to a project server, all on this machine`,
        },
      ];
    },
  };
}

/** A project server behind hub-proxy, with two members. */
async function openProject(life: Life) {
  const { db, env } = await openWorld(life);
  const [ada, bob] = [await createPerson(db, "Ada"), await createPerson(db, "Bob")];
  const projectId = await createRunningProject(db, { owner: ada.accountId, ip: POD_IP });
  await db.execute("UPDATE projects SET users = users || $2 WHERE project_id = $1", [
    projectId,
    JSON.stringify({ [bob.accountId]: { group: "collaborator" } }),
  ]);
  await startServer(life, { projectId, keys: JSON.stringify(await publicKeys(db)) });
  const port = await freePort();
  const listen = { HOST: "127.0.0.1", PORT: String(port), ADMIN_HOST: "127.0.0.1", ADMIN_PORT: "0" };
  startProgram(life, {
    command: process.execPath,
    args: [bundle, "--role=hub-proxy"],
    env: { ...env, ...listen, NODE_ENV: "production", COCALC_LOG_LEVEL: "error" },
  });
  await untilListening(port);
  return { origin: `http://127.0.0.1:${port}`, projectId, cookies: [ada.cookie, bob.cookie] };
}

async function startServer(life: Life, { projectId, keys }: { projectId: string; keys: string }): Promise<void> {
  const root = await mkdtemp(join(tmpdir(), "cocalc-bench-project-"));
  life.defer("project's folders", () => rm(root, { recursive: true, force: true }));
  const hub = { publicKeys: keys, assertion: () => Promise.reject(new Error("only hub-proxy asserts here")) };
  const own = await projectEnvironment(root, { projectId, hub });
  startProgram(life, {
    command: process.execPath,
    args: [bundle, "--role=project"],
    env: {
      ...own,
      [HUB_KEYS_VARIABLE]: keys,
      NODE_ENV: "production",
      HOST: POD_IP,
      COCALC_POD_IP: POD_IP,
      PORT: "6001",
      ADMIN_HOST: "127.0.0.1",
      ADMIN_PORT: "0",
      COCALC_LOG_LEVEL: "error",
    },
  });
  await untilListening(6001, POD_IP);
}

interface Visit {
  origin: string;
  projectId: string;
  cookie: string;
}

/** Opens the shared document as a browser does, and keeps it in step. */
async function openDocument(life: Life, { origin, projectId, cookie }: Visit) {
  const socket: Socket = io(origin, {
    path: `/${projectId}/api/socket`,
    transports: ["websocket"],
    forceNew: true,
    extraHeaders: { cookie, origin },
  });
  life.defer("socket", () => void socket.disconnect());
  const path = "shared.txt";
  const opened: { ok: true } & DocumentView = await socket.timeout(20_000).emitWithAck("document_open", { path });
  const document = new Y.Doc();
  Y.applyUpdate(document, opened.update, "server");
  socket.on("document_update", ({ update }: { update: Uint8Array }) =>
    Y.applyUpdate(document, new Uint8Array(update), "server"),
  );
  document.on("update", (update: Uint8Array, from: unknown) => {
    if (from !== "server") socket.emit("document_update", { path, generation: opened.generation, update }, () => {});
  });
  return { text: document.getText(DOCUMENT_TEXT) };
}
