/** What an administrator does on a command line about licences, quotas and settings. */

import { expect, test } from "@jest/globals";
import { runCli } from "../../helpers/cli.ts";
import { testLives } from "../../helpers/life.ts";
import { newPerson, newProject } from "../../helpers/people.ts";
import { databaseEnv, openTestDb } from "../../helpers/postgres.ts";

const newLife = testLives();

async function site() {
  const life = newLife();
  const db = await openTestDb(life);
  const owner = await newPerson(db);
  const projectId = await newProject(db, [[owner, "owner"]]);
  /** What a command prints; one that fails says so. */
  const run = async (...args: string[]) => {
    const { status, stdout, stderr } = await runCli(life, ["admin", ...args], databaseEnv(db.config));
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    return stdout.trim();
  };
  const fails = async (...args: string[]) => {
    const { status, stderr } = await runCli(life, ["admin", ...args], databaseEnv(db.config));
    expect(status).toBeGreaterThan(0);
    return stderr;
  };
  return { db, owner, projectId, run, fails };
}

test("`admin license` makes a licence, hands it out, shows who has it, takes it back and ends it", async () => {
  const { db, owner, projectId, run, fails } = await site();
  const manager = `${owner.accountId}@example.org`;
  const options = ["--title", "Class", "--quota", '{"ram":4,"cpu":2}', "--run-limit", "50", "--manager", manager];
  const id = await run("license", "create", ...options, "--expires", "2040-01-31");
  expect(await run("license", "list")).toMatch(
    new RegExp(`^${id} .* 2040-01-31T00:00:00.000Z +0 of 50 +0 +Class$`, "m"),
  );
  await run("license", "assign", id, projectId);
  const shown = await run("license", "show", id.toUpperCase());
  expect(shown).toMatch(/^quota +\{"cpu":2,"ram":4\}$/m);
  expect(shown).toMatch(new RegExp(`^managers +${manager}$`, "m"));
  expect(shown).toMatch(new RegExp(`^${projectId} +- +- +A project$`, "m"));
  const gpu = ["license", "update", id, "--quota", '{"ram":4,"gpu":true}'];
  expect(await fails(...gpu)).toMatch(/1 project has this licence.* would get gpu/);
  expect(await fails(...gpu, "--also-for", "all")).toMatch(/1 project has this licence/);
  await run(...gpu, "--also-for", "1");
  await run("license", "update", id, "--run-limit", "none", "--restricted");
  await run("license", "unassign", id, projectId);
  await run("license", "expire", id);
  const [row] = await db.query("SELECT run_limit, restricted, title, expires < now() AS ended FROM site_licenses");
  expect(row).toEqual({ run_limit: null, restricted: true, title: "Class", ended: true });
  expect(await db.query("SELECT site_license FROM projects")).toEqual([{ site_license: {} }]);
  const events = await db.query<{ event: string }>("SELECT event FROM central_log ORDER BY time");
  const changes = [
    "license-created",
    "license-given",
    "license-changed",
    "license-changed",
    "license-taken",
    "license-changed",
  ];
  expect(events.map(({ event }) => event)).toEqual(changes);
  expect(await fails("license", "show", "my-licence")).toMatch(/"my-licence" is not the id of a licence/);
  expect(await fails("license", "assign", projectId, projectId)).toMatch(/There is no licence/);
});

test("`admin license expire` ends a licence that has not begun", async () => {
  const { db, run } = await site();
  const id = await run("license", "create", "--title", "Term", "--activates", "2040-01-01", "--expires", "2040-02-01");
  await run("license", "expire", id);
  const [row] = await db.query("SELECT activates, expires <= now() AS ended FROM site_licenses");
  expect(row).toEqual({ activates: null, ended: true });
});

test("`admin quota` grants a project more, shows what comes of it, and takes it back", async () => {
  const { db, projectId, run, fails } = await site();
  await run("quota", "set", projectId, "memory_limit=4000", "cpu_limit=2", "internet=yes");
  expect(await db.query("SELECT settings FROM projects")).toEqual([
    { settings: { memory: 4000, cores: 2, network: 1 } },
  ]);
  const shown = await run("quota", "show", projectId);
  expect(shown).toMatch(/^memory_limit +- +4000$/m);
  expect(shown).toMatch(/^network +- +true$/m);
  expect(shown).toMatch(/^idle_timeout +- +1800 +kept only$/m);
  expect(shown).toContain('Granted: {"cores":2,"memory":4000,"network":1}');
  await run("quota", "set", projectId, "cpu_limit=none");
  expect(await run("quota", "show", projectId)).toMatch(/^cpu_limit +- +1$/m);
  await db.execute("INSERT INTO server_settings (name, value) VALUES ('max_upgrades', '{memory: 1')"); // by SQL
  const unknown = await run("quota", "show", projectId);
  expect(unknown).toMatch(/^cpu_limit +- +not known$/m);
  expect(unknown).toMatch(/while max_upgrades of the site cannot be read/);
  expect(await fails("quota", "show", "my-project")).toMatch(/"my-project" is not the id of a project/);
});

test("`admin setting` sets, prints and resets a setting; a bad value is refused with the reason, and no password printed", async () => {
  const { db, run, fails } = await site();
  await run("setting", "set", "site_name", "The Lab");
  await run("setting", "set", "email_smtp_password", "secret-93");
  const listed = await run("setting", "list", "--set");
  expect(listed.split("\n")).toHaveLength(3);
  expect(listed).toMatch(/^site_name +The Lab +set +Name of the site\.$/m);
  expect(listed).toMatch(/^email_smtp_password +\(a secret\)/m);
  await run("setting", "reset", "site_name");
  expect(await run("setting", "get", "site_name")).toBe("CoCalc");
  expect(await fails("setting", "set", "email_signup", "perhaps")).toMatch(/email_signup must be yes or no/);
  const recorded = await db.query("SELECT value FROM central_log WHERE event = 'setting-changed'");
  expect(recorded).toHaveLength(3);
  expect(JSON.stringify(recorded)).not.toContain("secret-93");
});
