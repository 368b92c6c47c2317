/** The doctor on an installation that is well, and on ones that are not. */

import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { clusterRights } from "../../../src/boot/cluster-rights.ts";
import type { Life } from "../../../src/core/life.ts";
import { runDoctor } from "../../../src/domain/doctor/doctor.ts";
import { publicKeys } from "../../../src/domain/signing-keys/signing-keys.ts";
import { configMaps, pods } from "../../../src/kube/resources.ts";
import { applyDefaults, localImages } from "../../../src/local/default-config.ts";
import { openKubeApi } from "../../../src/local/kube-api/kube-api.ts";
import { openKubelet } from "../../../src/local/kubelet/kubelet.ts";
import { openFaultyKube } from "../../helpers/faulty-kube.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { kubeconfigAt, openTestKube } from "../../helpers/kube.ts";
import { testLives } from "../../helpers/life.ts";
import { testLog } from "../../helpers/log.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { asOwner, createTestDatabase, databaseEnv, openDbOn } from "../../helpers/postgres.ts";
import { startProjectServer, testHub } from "../../helpers/project-server.ts";
import { openSmtp } from "../../helpers/smtp.ts";

const newLife = testLives();
const log = testLog();

/** An installation as `cocalc-k8s local` makes it. */
async function openInstallation(life: Life) {
  const folder = await temporaryFolder(life);
  const config = await createTestDatabase(life);
  const api = await openKubeApi(life, { dataDir: join(folder, "api"), namespace: "test", log });
  applyDefaults(api.store, { namespace: "test", log });
  const dirs = { dataDir: join(folder, "kubelet"), claimsDir: join(folder, "volumes") };
  await openKubelet(life, { api, ...dirs, images: localImages({ main: "none", cacheDir: folder }), log });
  const env = { ...databaseEnv(config), KUBECONFIG: api.kubeconfig, COCALC_NAMESPACE: "test" };
  return { config, env, kube: await openTestKube(life, api) };
}

async function diagnose(env: Record<string, string>) {
  const checks = await runDoctor({ rights: () => clusterRights(env), env, log });
  return new Map(checks.map((check) => [check.name, check]));
}

test("all is well with a new local installation, and nothing is left of looking", async () => {
  const { env, kube } = await openInstallation(newLife());
  const checks = await diagnose(env);
  expect([...checks.values()].filter(({ ok }) => !ok)).toEqual([]);
  expect([...checks.keys()]).toEqual([
    "database",
    "database time zone",
    "schema",
    "clock",
    "Kubernetes",
    "permissions",
    "ConfigMap project-pod",
    "ConfigMap project-image",
    "nodes for projects",
    "storage",
    "project domain",
    "site settings",
    "servers of projects",
    "e-mail",
  ]);
  expect((await kube.list(pods)).items).toEqual([]);
});

test("what is wrong is told with the fix, and keeps no other check from looking", async () => {
  const { config, env, kube } = await openInstallation(newLife());
  await asOwner(`ALTER DATABASE ${config.database} SET timezone = 'America/New_York'`);
  await asOwner("DELETE FROM pgmigrations WHERE name LIKE '0002%'", config.database);
  await kube.patch(configMaps, "project-pod", { data: { "project.json": "{" } });
  const checks = await diagnose({ ...env, COCALC_ORIGIN: "https://cocalc.example.org" });
  expect(checks.get("database time zone")).toMatchObject({ ok: false, detail: expect.stringMatching(/New_York/) });
  expect(checks.get("schema")).toMatchObject({ ok: false, fix: expect.stringMatching(/migrate/) });
  expect(checks.get("ConfigMap project-pod")).toMatchObject({ ok: false, detail: expect.stringMatching(/not JSON/) });
  expect(checks.get("ConfigMap project-image")?.ok).toBe(true);
  expect(checks.get("nodes for projects")).toMatchObject({ ok: false, fix: "mend that first" });
  expect(checks.get("project domain")).toMatchObject({ ok: false });
});

test("nodes are those on which the environment has projects run, and rubbish in it keeps no other check from looking", async () => {
  const { env } = await openInstallation(newLife());
  const nodesWith = async (label: string) => {
    const checks = await diagnose({ ...env, COCALC_PROJECT_NODES_LABEL: label });
    expect(checks.get("ConfigMap project-pod")?.ok).toBe(true);
    return checks.get("nodes for projects");
  };
  expect(await nodesWith("cocalc-role=others")).toMatchObject({
    ok: false,
    detail: "none of 1 nodes takes project pods now",
  });
  expect(await nodesWith("no label")).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/PROJECT_NODES_LABEL/),
  });
});

test("the right to list the pods of all namespaces was not missed where it is needed", async () => {
  const life = newLife();
  const { env } = await openInstallation(life);
  const api = await openFaultyKube(life, env.KUBECONFIG);
  const KUBECONFIG = await kubeconfigAt(life, env.KUBECONFIG, api.url);
  const permissions = async (value: string) =>
    (await diagnose({ ...env, KUBECONFIG, COCALC_COUNT_ALL_PODS: value })).get("permissions");
  expect(await permissions("yes")).toMatchObject({ ok: true });
  expect(await permissions("maybe")).toMatchObject({ ok: false, detail: expect.stringMatching(/COUNT_ALL_PODS/) });
  api.fail({
    matches: ({ url }) => url.pathname.endsWith("/selfsubjectaccessreviews"),
    status: 201,
    body: { kind: "SelfSubjectAccessReview", status: { allowed: false } },
  });
  expect(await permissions("yes")).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/list pods, .*list pods of all namespaces/),
    fix: expect.stringMatching(/ClusterRole.*reference\/roles\.md/),
  });
  expect((await permissions("no"))?.detail).not.toMatch(/all namespaces/);
});

test("without database and cluster it says so, and what could not be looked at", async () => {
  const env = {
    PGHOST: "127.0.0.1",
    PGPORT: "1",
    KUBECONFIG: "/nowhere",
    COCALC_PROJECT_DOMAIN: "projects.example.org",
  };
  const checks = await diagnose(env);
  expect(checks.get("database")?.ok).toBe(false);
  expect(checks.get("schema")?.detail).toMatch(/database cannot be reached/);
  expect(checks.get("Kubernetes")?.ok).toBe(false);
  expect(checks.get("storage")?.ok).toBe(false);
  for (const name of ["site settings", "servers of projects", "e-mail"])
    expect(checks.get(name)).toMatchObject({ ok: false, fix: "mend that first" });
  expect(checks.get("project domain")).toMatchObject({ ok: false, fix: "set COCALC_ORIGIN" });
});

test("where mail is on, its server is signed in to, and what was given up is told", async () => {
  const life = newLife();
  const smtp = await openSmtp(life);
  const config = await createTestDatabase(life);
  const db = openDbOn(life, config);
  const set = async (settings: Record<string, string>) => {
    for (const [name, value] of Object.entries(settings)) {
      await db.execute(
        "INSERT INTO server_settings (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        [name.replace("COCALC_SETTING_", "").toLowerCase(), value],
      );
    }
  };
  const look = async () => (await diagnose({ ...databaseEnv(config), KUBECONFIG: "/nowhere" })).get("e-mail");
  expect(await look()).toMatchObject({ ok: true, detail: expect.stringContaining("admin reset-link") });
  await set({ email_enabled: "yes" });
  expect(await look()).toMatchObject({ ok: false, fix: expect.stringContaining("email_backend") });
  await set(smtp.env);
  expect(await look()).toMatchObject({ ok: true, detail: `sent by 127.0.0.1:${smtp.port}` });
  await set({ email_smtp_password: "other-secret-71" });
  const ill = await look();
  expect(ill).toMatchObject({ ok: false, fix: expect.stringContaining("password of the SMTP server") });
  expect(JSON.stringify(ill)).not.toContain("other-secret-71");
  await set({ ...smtp.env, dns: "" });
  expect(await look()).toMatchObject({ ok: false, fix: expect.stringContaining("COCALC_ORIGIN") });
  await set(smtp.env);
  await db.execute(
    "INSERT INTO outgoing_mail (kind, email_address, give_up, failed, problem) SELECT 'password_changed', 'a@b.c', now, now, 'full' FROM (SELECT now() AT TIME ZONE 'UTC' AS now) AS t",
  );
  expect(await look()).toMatchObject({ ok: false, detail: expect.stringMatching(/1 were given up.*full/) });
});

test("a site setting that is not well formed counted for nothing, and nobody said so", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const db = openDbOn(life, config);
  const look = async () => (await diagnose({ ...databaseEnv(config), KUBECONFIG: "/nowhere" })).get("site settings");
  const set = (name: string, value: string) =>
    db.execute("INSERT INTO server_settings (name, value) VALUES ($1, $2)", [name, value]);
  await set("site_name", "Ours");
  await set("site_nmae", "Ours");
  expect(await look()).toMatchObject({ ok: true, detail: "1 are set; nobody reads site_nmae" });
  await set("verify_emails", "may-be-secret");
  await set("email_smtp_port", "smtps");
  const found = await look();
  expect(found).toMatchObject({
    ok: false,
    detail: "email_smtp_port must be the number of a port, such as 465, 587 or 25; verify_emails must be yes or no",
    fix: expect.stringContaining("server_settings"),
  });
  expect(JSON.stringify(found)).not.toContain("may-be-secret");
});

test("a database that was merely older counted as one that cannot be read, and one that is newer as any other", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const db = openDbOn(life, config);
  const look = () => diagnose({ ...databaseEnv(config), KUBECONFIG: "/nowhere" });
  await db.execute("INSERT INTO pgmigrations (name, run_on) VALUES ('9999_to-come', now())");
  expect((await look()).get("schema")).toMatchObject({
    ok: true,
    detail: expect.stringMatching(/newer.*9999_to-come$/),
  });
  await db.execute("DELETE FROM pgmigrations WHERE name LIKE '0012%'");
  const checks = await look();
  expect(checks.get("schema")).toMatchObject({ ok: false, fix: "run cocalc-k8s migrate" });
  expect(checks.get("e-mail")).toMatchObject({ ok: false, detail: expect.stringContaining("has not the schema") });
});

test("servers of projects that run are asked, and who does not answer is told with the fix", async () => {
  const life = newLife();
  const config = await createTestDatabase(life);
  const db = openDbOn(life, config);
  const hub = { ...(await testHub()), publicKeys: JSON.stringify(await publicKeys(db)) };
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" });
  const server = await startProjectServer(life, { projectId, hub });
  const env = {
    ...databaseEnv(config),
    KUBECONFIG: "/nowhere",
    COCALC_PROJECT_PORT: new URL(server.origin).port,
  };
  const look = async (more = {}) => (await diagnose({ ...env, ...more })).get("servers of projects");
  expect(await look()).toMatchObject({ ok: true, detail: expect.stringMatching(/^1 that run/) });
  const lost = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.1" }); // another project's server is at its address
  expect(await look()).toMatchObject({
    ok: false,
    detail: expect.stringMatching(`1 of 2 that run do not answer: ${lost}: .*take our word`),
    fix: expect.stringContaining("logs"),
  });
  expect(await look({ COCALC_PROJECT_PORT: "9" })).toMatchObject({
    ok: false,
    detail: expect.stringMatching(/2 of 2 .*Nothing listens/),
    fix: expect.stringContaining("reach port 9"),
  });
});

test("a database that is not there, and an image that is not: the fix is about them", async () => {
  const { env, kube } = await openInstallation(newLife());
  const software = { default: "a", environments: { a: { title: "A", registry: "nowhere/nothing", tag: "1" } } };
  await kube.patch(configMaps, "project-image", { data: { "software.json": JSON.stringify(software) } });
  const checks = await diagnose({ ...env, PGDATABASE: "no_such_database" });
  expect(checks.get("database")).toMatchObject({ ok: false, fix: expect.stringMatching(/PGDATABASE/) });
  expect(checks.get("storage")).toMatchObject({ ok: false, fix: expect.stringMatching(/project-image/) });
});
