/** Rescue mode: files and terminals of a home in which everything may be broken, and nothing of which is executed or needed. */

import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import { environment } from "../../src/core/env.ts";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { openTestDocument } from "../../test/helpers/project-document.ts";
import { startProjectProcess } from "../../test/helpers/project-process.ts";
import { type ProjectClient, startProjectServer, type TestProjectServer } from "../../test/helpers/project-server.ts";
import { until } from "../../test/helpers/until.ts";
import { rescueEnvironment } from "./footing.ts";

const newLife = testLives();

const STARTUP_FILES = ["project_init.sh", ".bashrc", ".bash_profile", ".profile", ".bash_login", ".env.sh"];

/** A home in which whatever could be executed leaves a mark, and that has no room for the server's own folder. */
async function brokenHome(): Promise<string> {
  const root = await temporaryFolder(newLife(), "rescue");
  const home = join(root, "home");
  await mkdir(join(home, "bin"), { recursive: true });
  for (const name of STARTUP_FILES) await writeFile(join(home, name), `touch "${root}/executed-${name}"\n`);
  for (const name of ["ls", "bash", "echo"]) {
    await writeFile(join(home, "bin", name), `#!/bin/sh\ntouch "${root}/executed-bin-${name}"\n`, { mode: 0o755 });
  }
  await writeFile(join(home, ".cocalc"), "not a folder");
  return root;
}

/** A server of this process, for what does not depend on its environment. */
const rescuedHere = (root: string) => startProjectServer(newLife(), { root, env: { COCALC_RESCUE: "1" } });

async function rescued(root: string): Promise<TestProjectServer> {
  const home = join(root, "home");
  const secret = Buffer.from(JSON.stringify({ SECRET: "of the project", PATH: `${home}/bin` })).toString("base64");
  return startProjectProcess(newLife(), {
    root,
    env: {
      COCALC_RESCUE: "1",
      COCALC_EXTRA_ENV: secret,
      BASH_ENV: join(home, ".env.sh"),
      ENV: join(home, ".env.sh"),
      PYTHONPATH: join(home, "lib"),
      PATH: `${home}/bin:${environment().PATH}`,
    },
  });
}

/** What a terminal shows once the words are there. */
async function shown(client: ProjectClient, { type, words }: { type: string; words: RegExp }): Promise<string> {
  let text = "";
  client.socket.on("terminal_output", (output) => {
    text += output.text;
  });
  await client.ask("terminal_open", { name: "t", cols: 200, rows: 24 });
  await client.ask("terminal_input", { name: "t", text: type });
  return until(() => words.test(text) && text);
}

const executed = async (root: string) => (await readdir(root)).filter((name) => name.startsWith("executed"));

test("in rescue mode nothing of the home is executed, and a terminal has neither its HOME nor the project's variables", async () => {
  const root = await brokenHome();
  const server = await rescued(root);
  const client = await server.connect();
  const type = 'ls; echo "<$PWD> <$HOME> <$SECRET> <$PROJECT_HOME>" end\r';
  const text = await shown(client, { type, words: /> end\r/ });
  const [, cwd, home, secret, projectHome] = /<([^>$]*)> <([^>]*)> <([^>]*)> <([^>]*)> end/.exec(text) ?? [];
  expect({ cwd, secret, projectHome }).toEqual({ cwd: server.home, secret: "", projectHome: server.home });
  expect(home).toContain("/rescue-");
  expect(await readdir(home ?? "")).not.toContain(".bashrc");
  const body = JSON.stringify({ command: "ls; echo $PATH $PYTHONPATH", bash: true });
  const ran = await (await server.fetch("/api/exec", { method: "POST", body })).json();
  expect(ran.stdout).toContain("project_init.sh");
  expect(ran.stdout).not.toContain(server.home);
  expect(await (await server.fetch("/api/status")).json()).toMatchObject({ rescue: true });
  expect(await executed(root)).toEqual([]);
});

test("in rescue mode files are edited and deleted though the server can keep nothing in the home", async () => {
  const server = await rescuedHere(await brokenHome());
  const document = await openTestDocument(await server.connect(), "project_init.sh");
  document.insert(0, "# mended\n");
  await document.client.ask("document_save", { path: "project_init.sh" });
  expect(await readFile(join(server.home, "project_init.sh"), "utf8")).toMatch(/^# mended\n/);
  expect(document.states.at(-1)).toMatchObject({ saved: true });
  expect(document.states.at(-1)).not.toHaveProperty("error");
  const gone = (query: object) => server.fetch("/api/files/delete", { method: "POST", body: JSON.stringify(query) });
  expect((await gone({ paths: [".bashrc"] })).status).toBe(409); // there is no trash; for good it goes
  expect((await gone({ paths: [".bashrc"], forever: true })).status).toBe(200);
  expect(await readdir(server.home)).not.toContain(".bashrc");
});

test("in rescue mode nobody is taken to servers in the project, and is told so", async () => {
  const server = await rescuedHere(await brokenHome());
  for (const path of ["/port/8000/", "/server/jupyterlab/"]) {
    const answer = await server.fetch(path);
    expect({ status: answer.status, text: await answer.text() }).toMatchObject({
      status: 409,
      text: expect.stringContaining("rescue mode"),
    });
  }
  expect(await (await server.connect()).ask("servers", {})).toMatchObject({ servers: [] });
});

test("the folder of a rescue goes with its server", async () => {
  const root = await brokenHome();
  const life = newLife();
  await startProjectServer(life, { root, env: { COCALC_RESCUE: "1" } });
  expect(await readdir(join(root, "tmp"))).toHaveLength(1);
  expect(await life.stop()).toEqual([]);
  expect(await readdir(join(root, "tmp"))).toEqual([]);
});

test("the environment of a rescue leads nowhere into the home", () => {
  const all = { PATH: "/home/user/bin:.:/usr/bin:/home/username/bin", A: "/x:/home/user", B: "1", BASH_ENV: "/etc/x" };
  const made = rescueEnvironment(all, { home: "/home/user", own: "/tmp/r" });
  expect(made).toMatchObject({ PATH: "/usr/bin:/home/username/bin", B: "1", HOME: "/tmp/r" });
  expect(Object.keys(made)).not.toEqual(expect.arrayContaining(["A"]));
  expect(made).not.toHaveProperty("BASH_ENV");
});
