import { randomUUID } from "node:crypto";
import { expect, test } from "@jest/globals";
import { runCli, startCli } from "../../helpers/cli.ts";
import { startHub } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { createTestDatabase, databaseEnv, openTestDb } from "../../helpers/postgres.ts";
import { until } from "../../helpers/until.ts";
import { dial } from "../proxy/wire.ts";

const newLife = testLives();
const ports = { PORT: "0", HOST: "127.0.0.1", ADMIN_PORT: "0", ADMIN_HOST: "127.0.0.1" };

/** The port on which a process logged that this server of it listens. */
function portOf(stderr: string, server: string): number | undefined {
  const line = stderr.split("\n").find((text) => text.includes(`"server":"${server}"`) && text.includes("serving"));
  return line === undefined ? undefined : Number(JSON.parse(line).port);
}

test("an unknown role: the list of names, and exit 2", async () => {
  const { status, stderr } = await runCli(newLife(), ["--role=hub-nxet"]);
  expect(status).toBe(2);
  expect(stderr).toContain('no role "hub-nxet"');
  expect(stderr).toMatch(/hub-next.*manage-action.*all/);
  expect((await runCli(newLife(), ["--role=toString"])).stderr).toContain('no role "toString"');
});

test("a wrong configuration: every problem with its variable, and exit 2", async () => {
  const { status, stderr } = await runCli(newLife(), ["--role=hub-next"], { PORT: "eighty", ADMIN_PORT: "-1" });
  expect(status).toBe(2);
  expect(stderr).toMatch(/ PORT: must be a number[\s\S]*ADMIN_PORT:/);
  const ofRole = await runCli(newLife(), ["--role=hub-next"], { ...ports, COCALC_ORIGIN: "example" });
  expect(ofRole).toMatchObject({ status: 2, stderr: expect.stringContaining("COCALC_ORIGIN") });
});

test("`roles` names every role with its group and what it does", async () => {
  const { status, stdout } = await runCli(newLife(), ["roles"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^manage-state +manage +\S/m);
  expect(stdout).toMatch(/^project +- +\S/m);
});

test("`config ROLE` lists what that role reads", async () => {
  const { status, stdout } = await runCli(newLife(), ["config", "hub-next"]);
  expect(status).toBe(0);
  expect(stdout).toMatch(/^PGHOST +string +127\.0\.0\.1 +Host/m);
  expect(stdout).toMatch(/^BASE_PATH/m);
});

test("`config` lists what all roles read, and one machine", async () => {
  const { status, stdout } = await runCli(newLife(), ["config"]);
  expect(status).toBe(0);
  for (const name of ["PORT", "PGHOST", "KUBECONFIG", "COCALC_STARTS_IN_FLIGHT", "COCALC_DATA", "COCALC_LOCAL_MEMORY"])
    expect(stdout).toMatch(new RegExp(`^${name} `, "m"));
});

test("`migrate` may be run again and again", async () => {
  const life = newLife();
  const env = databaseEnv(await createTestDatabase(life));
  expect(await runCli(life, ["migrate"], env)).toMatchObject({ status: 0, stdout: "The schema is up to date.\n" });
  expect(await runCli(life, ["--role=migrate"], { ...env, ...ports })).toMatchObject({ status: 0 });
});

test("SIGTERM: not ready, then stopped, with status 0", async () => {
  const life = newLife();
  const env = { ...databaseEnv(await createTestDatabase(life)), ...ports };
  const { child, output, ended } = startCli(life, ["--role=hub-next"], env);
  await until(() => output().stderr.includes('"msg":"ready"'));
  const port = portOf(output().stderr, "admin");
  expect(await (await fetch(`http://127.0.0.1:${port}/readyz`)).text()).toBe("ready\n");
  expect((await fetch(`http://127.0.0.1:${port}/livez`)).status).toBe(200);
  expect(await (await fetch(`http://127.0.0.1:${port}/metrics`)).text()).toContain("process_cpu_seconds_total");
  child.kill("SIGTERM");
  expect(await ended).toBe(0);
  expect(output().stderr.trim().split("\n").at(-1)).toContain('"msg":"stopped"');
});

test("a request that is under way at SIGTERM still has its answer from the database", async () => {
  const life = newLife();
  const env = { ...databaseEnv(await createTestDatabase(life)), ...ports };
  const { child, output, ended } = startCli(life, ["--role=hub-next"], env);
  await until(() => output().stderr.includes('"msg":"ready"'));
  const body = JSON.stringify({ email: "nobody@example.com", password: "wrong" });
  const socket = dial(`http://127.0.0.1:${portOf(output().stderr, "hub-next")}`);
  let answer = "";
  socket.on("data", (bytes: Buffer) => {
    answer += bytes.toString();
  });
  socket.write(
    "POST /api/v2/auth/sign-in HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n" +
      `Content-Length: ${body.length}\r\n\r\n`,
  );
  await until(() => answer.includes("100 Continue"));
  child.kill("SIGTERM");
  await until(() => output().stderr.includes('"msg":"stopping"'));
  socket.write(body);
  expect(await ended).toBe(0);
  expect(answer).toContain('"code":"unauthenticated"');
});

test("a port that is taken: says so and how to choose another, and ends with a failure", async () => {
  const life = newLife();
  const env = { ...databaseEnv(await createTestDatabase(life)), ...ports };
  const first = startCli(life, ["--role=hub-next"], env);
  await until(() => first.output().stderr.includes('"msg":"ready"'));
  const port = String(portOf(first.output().stderr, "hub-next"));
  const { status, stderr } = await runCli(life, ["--role=hub-next"], { ...env, PORT: port });
  expect(status).toBe(1);
  expect(stderr).toMatch(/port \d+ .*is taken.*PORT=/);
  expect(stderr).not.toContain('"stack"');
  const last = JSON.parse(stderr.trim().split("\n").at(-1) ?? "{}");
  expect(last).toMatchObject({ level: "error", msg: "stopped", reason: expect.stringMatching(/is taken/) });
});

test("an unknown sub-command is named, and exit 2", async () => {
  const { status, stderr } = await runCli(newLife(), ["docter"]);
  expect(status).toBe(2);
  expect(stderr).toContain('there is no command "docter"');
});

test("`admin force-stop` asks for a stop that waits for no machine, and is recorded", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const projectId = randomUUID();
  await db.execute("INSERT INTO projects (project_id, title) VALUES ($1, 'Test')", [projectId]);
  const forceStop = (id: string) => runCli(life, ["admin", "force-stop", id], databaseEnv(db.config));
  expect(await forceStop(projectId)).toMatchObject({ status: 0, stdout: expect.stringContaining(projectId) });
  const [row] = await db.query("SELECT action_request FROM projects WHERE project_id = $1", [projectId]);
  expect(row).toMatchObject({ action_request: { action: "stop", force: true, time: expect.any(String) } });
  const recorded = "SELECT value FROM central_log WHERE event = 'project-force-stopped'";
  expect(await db.query(recorded)).toEqual([{ value: { project_id: projectId } }]);
  const noId = await forceStop("my-project");
  expect(noId).toMatchObject({ status: 2, stderr: expect.stringMatching(/"my-project" is not the id of a project/) });
  const noProject = await forceStop(randomUUID());
  expect(noProject).toMatchObject({ status: 1, stderr: expect.stringMatching(/There is no such project/) });
  expect(await db.query(recorded)).toHaveLength(1);
});

test("`admin hand-over` gives a project without an owner to somebody, and is recorded", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const [ada, owner] = [await newPerson(db), await newPerson(db)];
  const projectId = await newProject(db, [[owner, "owner"]]);
  const email = `${ada.accountId}@example.org`;
  const handOver = (...args: string[]) => runCli(life, ["admin", "hand-over", ...args], databaseEnv(db.config));
  expect(await handOver(projectId, email)).toMatchObject({ status: 1, stderr: expect.stringMatching(/has an owner/) });
  await db.execute("UPDATE accounts SET deleted = true WHERE account_id = $1", [owner.accountId]);
  expect(await handOver(projectId, email)).toMatchObject({ status: 0, stdout: expect.stringContaining(projectId) });
  const [row] = await db.query("SELECT users FROM projects WHERE project_id = $1", [projectId]);
  expect(row).toEqual({ users: { [ada.accountId]: { group: "owner" } } });
  const recorded = await db.query("SELECT value FROM central_log WHERE event = 'project-handed-over'");
  expect(recorded).toEqual([{ value: { project_id: projectId, account_id: ada.accountId } }]);
  expect(await handOver("my-project", email)).toMatchObject({ status: 2 });
});

test.each([[["migrate"]], [["admin", "grant", "ada@example.org"]]])(
  "%j without a database: which one, why and what to look at, and no stack",
  async (args) => {
    const { status, stderr } = await runCli(newLife(), args, { PGHOST: "127.0.0.1", PGPORT: "1" });
    expect(status).toBe(1);
    expect(stderr).toMatch(/@127\.0\.0\.1:1\/.*ECONNREFUSED.*PGHOST/);
    expect(stderr).not.toMatch(/^ +at /m);
  },
);

test("`admin reset-link` prints a link once that sets the password, and records that it was made", async () => {
  const life = newLife();
  const db = await openTestDb(life);
  const hub = await startHub(life, db);
  const ada = await hub.signedUp();
  const env = { ...databaseEnv(db.config), COCALC_ORIGIN: "https://lab.example", BASE_PATH: "/x" };
  const { status, stdout, stderr } = await runCli(life, ["admin", "reset-link", ada.email.toUpperCase()], env);
  const [, path] = /^https:\/\/lab\.example\/x(\/auth\/password-reset\/[\w-]{43})$/m.exec(stdout) ?? [];
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  const set = await hub.browser().form(path ?? "", { password: "nine loud penguins" });
  expect(set.headers.get("location")).toBe("/auth/password-reset/done");
  await hub.browser().call("auth/sign-in", { email: ada.email, password: "nine loud penguins" });
  const events = await db.query("SELECT event, value FROM central_log ORDER BY time");
  expect(events).toMatchObject([
    { event: "password-reset-link-made", value: { account_id: ada.accountId } },
    { event: "password-reset" },
  ]);
  const nobody = await runCli(life, ["admin", "reset-link", "nobody@example.org"], env);
  expect(nobody).toMatchObject({ status: 1, stdout: "", stderr: expect.stringContaining("no account") });
});
