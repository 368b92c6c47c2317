/** A whole local instance without roles: database, cluster and a project's pod, found by what `local env` prints, over restarts. */

import { execFile } from "node:child_process";
import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeEach, expect, test } from "@jest/globals";
import { Life } from "../../../src/core/life.ts";
import { openMetrics } from "../../../src/core/metrics.ts";
import { endClient, newClient } from "../../../src/db/client.ts";
import { openKube } from "../../../src/kube/client.ts";
import { configMaps, pods } from "../../../src/kube/resources.ts";
import type { Pod } from "../../../src/kube/types.ts";
import { localExports, startLocal } from "../../../src/local/local.ts";
import { kubeConfigFor } from "../../contract/target.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { until } from "../../helpers/until.ts";

const run = promisify(execFile);
const newLife = testLives();
const log = testLog();

/** Stands for the project's server: writes into its home what it was given, and answers on its address. */
const MAIN = `
import { createServer } from "node:http";
import { writeFileSync } from "node:fs";
writeFileSync(process.env.HOME + "/given.json", JSON.stringify({ argv: process.argv.slice(2), env: process.env }));
createServer((request, response) => response.end("ok")).listen(6001, process.env.COCALC_POD_IP);
process.on("SIGTERM", () => { writeFileSync(process.env.HOME + "/saved", "yes"); process.exit(0); });
`;

let data: string;
let main: string;
beforeEach(async () => {
  const folder = await temporaryFolder(newLife());
  data = join(folder, "data");
  main = join(folder, "main.mjs");
  await writeFile(main, MAIN);
});

function start(life: Life, env: Record<string, string> = {}) {
  return startLocal(life, { env: { COCALC_DATA: data, ...env }, flags: {}, log, main });
}

async function openClient(life: Life, kubeconfig: string) {
  return openKube(life, { config: kubeConfigFor(kubeconfig), metrics: openMetrics({ defaults: false }), log });
}

async function projectPod(life: Life, kubeconfig: string, projectId: string): Promise<Pod> {
  const kube = await openClient(life, kubeconfig);
  const template = (await kube.get(configMaps, "project-pod")).data?.["project.json"] ?? "";
  const software = JSON.parse((await kube.get(configMaps, "project-image")).data?.["software.json"] ?? "");
  const { registry, tag } = software.environments[software.default];
  const text = template.replaceAll("{PROJECT_IMAGE}", `${registry}:${tag}`).replaceAll("{project_id}", projectId);
  const pod = JSON.parse(text) as Pod; // the default template
  await kube.create(pods, { ...pod, metadata: { ...pod.metadata, name: `project-${projectId}` } });
  return until(async () => {
    const now = await kube.get(pods, `project-${projectId}`);
    return now.status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") && now;
  });
}

test("runs a project's pod with its home in the data folder, and nothing of our environment", async () => {
  const life = newLife();
  const env = await start(life, { PGHOST: "elsewhere.invalid", KUBECONFIG: "/nowhere" });
  const projectId = "11111111-2222-4333-8444-555555555555";
  const pod = await projectPod(life, env.KUBECONFIG ?? "", projectId);
  const home = join(data, "volumes/projects-data/projects", projectId);
  const given = JSON.parse(await readFile(join(home, "given.json"), "utf8"));
  expect(given.argv).toEqual(["--role=project"]);
  expect(given.env).toMatchObject({
    HOME: home,
    EXT: join(data, "volumes/projects-software"),
    COCALC_POD_IP: pod.status?.podIP,
  });
  expect(Object.keys(given.env).filter((name) => /^PG|KUBE|COCALC_TEST/.test(name))).toEqual([]);
  expect(await (await fetch(`http://${pod.status?.podIP}:6001/`)).text()).toBe("ok");
  await life.stop();
  expect(await readFile(join(home, "saved"), "utf8")).toBe("yes");
  await expect(fetch(`http://${pod.status?.podIP}:6001/`)).rejects.toThrow();
});

test("tells psql and kubectl where it is while it runs, and refuses a second instance", async () => {
  const life = new Life("first");
  await start(life);
  const exports = await localExports({ COCALC_DATA: data });
  expect((await stat(join(data, "local.env.json"))).mode & 0o777).toBe(0o600);
  const { stdout } = await run("/bin/sh", [
    "-c",
    `${exports}\nprintf '%s|' "$PGHOST" "$PGPORT" "$PGUSER" "$PGPASSWORD" "$PGDATABASE" "$KUBECONFIG"`,
  ]);
  const [host = "", port, user = "", password = "", database = "", kubeconfig = ""] = stdout.split("|");
  const client = newClient({ host, port: Number(port), user, password, database });
  await client.connect();
  expect((await client.query("SELECT 1 AS one")).rows).toEqual([{ one: 1 }]);
  await endClient(client);
  expect(await (await openClient(life, kubeconfig)).serverVersion()).toMatch(/^v1\./);
  await expect(start(newLife())).rejects.toThrow(/Another instance/);
  await life.stop();
  await expect(localExports({ COCALC_DATA: data })).rejects.toThrow(/No instance runs/);
});

test("keeps an administrator's config map over a restart, and brings what nobody edited up to date", async () => {
  const life = new Life("first");
  const env = await start(life);
  const kube = await openClient(life, env.KUBECONFIG ?? "");
  const mine = JSON.stringify({
    default: "mine",
    groups: [],
    environments: { mine: { title: "M", tag: "1", registry: "r" } },
  });
  await kube.patch(configMaps, "project-image", { data: { "software.json": mine } });
  await until(
    async () => (await readFile(join(env.COCALC_SOFTWARE_ENVIRONMENTS ?? "", "software.json"), "utf8")) === mine,
  );
  expect(await life.stop()).toEqual([]);
  const again = newLife();
  const next = await start(again);
  const later = await openClient(again, next.KUBECONFIG ?? "");
  expect((await later.get(configMaps, "project-image")).data).toEqual({ "software.json": mine });
  expect((await later.get(configMaps, "project-pod")).data?.["project.json"]).toContain("{PROJECT_IMAGE}");
});

test("uses a real database and cluster when flags name them", async () => {
  await mkdir(data, { recursive: true });
  const flags = { databaseUrl: "postgres://me:p%40ss@db.example.org/cocalc?sslmode=require", kubeconfig: "/etc/real" };
  const env = await startLocal(newLife(), { env: { COCALC_DATA: data }, flags, log, main });
  expect(env).toMatchObject({
    PGHOST: "db.example.org",
    PGPORT: "5432",
    PGUSER: "me",
    PGPASSWORD: "p@ss",
    PGDATABASE: "cocalc",
    PGSSLMODE: "require",
    KUBECONFIG: "/etc/real",
  });
});

test("a data folder that cannot be one is told in words, with the variable that names it", async () => {
  await writeFile(data, "a file");
  await expect(start(newLife())).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringMatching(/data folder .*\/data cannot be used .*set COCALC_DATA/),
  });
});
