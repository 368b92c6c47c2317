/** Every server of ours before request targets that are the address of nothing: each answers in words, and nothing is thrown. */

import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { connect } from "node:tls";
import { expect, test } from "@jest/globals";
import { serveAdmin } from "../../../src/boot/admin-server.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { readApiServer } from "../../../src/kube/kubeconfig.ts";
import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { ASSERTION_HEADER } from "../../../src/protocol/assertion.ts";
import { kubeConfigFor } from "../../contract/target.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { keptLog } from "../../helpers/log.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { openTestDb } from "../../helpers/postgres.ts";
import { startProjectServer } from "../../helpers/project-server.ts";
import { startRole } from "../../helpers/roles.ts";
import { ask, askUpgrade } from "../proxy/wire.ts";

const newLife = testLives();

const TARGETS = [
  ...["//", "///", "//?", "/?", "/??a=%", "//[", "//:99999/", "/\\", "/%", "/%00", "/%ff", "/.//..", "*"],
  ...["http://", "http://[", "http://a:99999/x", "//a@b:c/hub/", "/hub//?%", "//socket/?sid=%"],
];

/** Which of them, below each of these, a server leaves without an answer, or answers as a fault of its own. */
async function faults(origin: string, { below = [""], headers = {} }: { below?: string[]; headers?: object } = {}) {
  const asked = below.flatMap((path) => TARGETS.map((target) => path + target));
  const answers = await Promise.all(
    asked.flatMap((target) =>
      [ask, askUpgrade].map(async (send) => {
        const silence = once(AbortSignal.timeout(20_000), "abort").then(() => ({ status: 0 }));
        const { status } = await Promise.race([send(origin, target, { headers: { ...headers } }), silence]);
        return { target, by: send.name, status };
      }),
    ),
  );
  return answers.filter(({ status }) => status === 0 || status === 500);
}

test("a request whose target is no address was an error inside of the server that got it", async () => {
  const life = newLife();
  const { log, lines } = keptLog();
  const db = await openTestDb(life);
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const headers = { Cookie: owner.cookie };
  const folder = await temporaryFolder(life, "static");
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<!doctype html>");
  const origins: Record<string, string> = {};
  for (const role of ["hub-next", "hub-websocket", "hub-proxy", "static"] as const) {
    origins[role] = await startRole(life, role, { db, log, env: { COCALC_APP_FOLDER: folder } });
    const below = ["", ...(role === "hub-proxy" ? ["api", "port/80", "server/80", "server/code", "start"] : [])];
    const paths = below.map((path) => (path === "" ? "" : `/${projectId}/${path}`));
    expect({ role, faults: await faults(origins[role], { below: paths, headers }) }).toEqual({ role, faults: [] });
  }
  const ingress = await startRole(life, "ingress", { origins, log });
  expect(await faults(ingress, { headers })).toEqual([]);
  const report = { readiness: new Map(), liveness: new Map(), notes: new Map() };
  const listen = { host: "127.0.0.1", port: 0 };
  const admin = await serveAdmin(life, { listen, log, metrics: openMetrics({ defaults: false }), report });
  expect(await faults(admin.origin)).toEqual([]);
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});

test("a project's server is asked for targets that are no address, its socket's too", async () => {
  const server = await startProjectServer(newLife());
  const below = ["", ...["", "/api/socket", "/port/80", "/server/code"].map((path) => `/${server.projectId}${path}`)];
  const headers = { [ASSERTION_HEADER]: await server.hub.assertion({ aud: server.projectId }) };
  expect(await faults(server.origin, { below, headers })).toEqual([]);
});

test("the embedded Kubernetes API was at fault for a target that is no address", async () => {
  const life = newLife();
  const { log, lines } = keptLog();
  const dataDir = await temporaryFolder(life);
  const { kubeconfig } = await openKubeApi(life, { dataDir, namespace: "test", log });
  const { cluster } = await readApiServer(kubeConfigFor(kubeconfig));
  const { hostname, port } = new URL(cluster.server);
  for (const target of TARGETS) {
    const socket = connect({ host: hostname, port: Number(port), rejectUnauthorized: false });
    socket.write(`GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`);
    expect({ target, answer: await text(socket) }).toEqual({ target, answer: expect.stringMatching(/^HTTP\/1.1 4/) });
  }
  expect(lines.filter(({ level }) => level === "error")).toEqual([]);
});
