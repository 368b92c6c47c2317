/** What runs in images is a bundle: whatever is loaded late in it has to be there, and to be what the sources load. */

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "@jest/globals";
import { type RoleName, roleNames } from "../../../roles/names.ts";
import { Life } from "../../../src/core/life.ts";
import { freePort } from "../../../src/net/serve/free-port.ts";
import { buildBundle } from "../../helpers/bundle.ts";
import { startCli } from "../../helpers/cli.ts";
import { openEmbeddedCluster } from "../../helpers/embedded-cluster.ts";
import { temporaryFolder } from "../../helpers/folder.ts";
import { Browser, PASSWORD } from "../../helpers/hub-next.ts";
import { testLives } from "../../helpers/life.ts";
import { createTestDatabase, databaseEnv } from "../../helpers/postgres.ts";
import { createTestDocument } from "../../helpers/project-document.ts";
import { startProjectProcess } from "../../helpers/project-process.ts";
import { until } from "../../helpers/until.ts";

const newLife = testLives();
const whole = new Life("bundle");
let main = "";

beforeAll(async () => {
  main = await buildBundle(whole);
});
afterAll(() => whole.stop());

test("a terminal opens in the bundle of a project's server, and so does all else that is loaded late", async () => {
  const server = await startProjectProcess(newLife(), { main });
  const ada = await server.connect();

  let output = "";
  ada.socket.on("terminal_output", ({ text }) => {
    output += text;
  });
  await ada.ask("terminal_open", { name: "1", cols: 80, rows: 24 });
  await ada.ask("terminal_input", { name: "1", text: "echo ⏳ he''llo\r" });
  await until(() => output.includes("⏳ hello"));

  const document = await createTestDocument(ada, "a.txt");
  document.insert(0, "text");
  await until(async () => (await readFile(join(server.home, "a.txt"), "utf8")) === "text");

  await mkdir(join(server.home, "b"));
  await writeFile(join(server.home, "b/c.html"), "<p>");
  const json = async (path: string, init?: RequestInit) => (await server.fetch(path, init)).json();
  expect(JSON.stringify(await json("/api/files/list?path="))).toContain('"a.txt"');
  const body = JSON.stringify({ command: "echo", args: ["hello"] });
  expect(await json("/api/exec", { method: "POST", body })).toMatchObject({ exitCode: 0, stdout: "hello\n" });
  for (const format of ["zip", "tar"]) {
    const answer = await server.fetch(`/api/files/archive?path=b&format=${format}`);
    expect(await answer.text()).toContain("c.html");
  }
  const page = await server.fetch("/raw/b/c.html");
  expect(page.headers.get("content-type")).toContain("text/html");
});

test.each(roleNames.filter((name) => name !== "migrate" && name !== "project"))(
  "%s gets ready from the bundle",
  async (role) => {
    await startService(newLife(), role);
  },
);

test("somebody signs up at the bundle, whose passwords are hashed by native code", async () => {
  const { origin } = await startService(newLife(), "hub-next");
  const names = { firstName: "Ada", lastName: "Lovelace" };
  const made = await new Browser(origin).call("auth/sign-up", { email: "a@example.org", password: PASSWORD, ...names });
  expect(made.account_id).toMatch(/^[\da-f-]{36}$/);
});

async function startService(life: Life, role: RoleName): Promise<{ origin: string }> {
  const database = await createTestDatabase(life);
  const cluster = await openEmbeddedCluster(life);
  const [port, adminPort] = [await freePort(), await freePort()];
  const folder = await temporaryFolder(life, "app");
  await mkdir(join(folder, "assets"));
  await writeFile(join(folder, "index.html"), "<html></html>");
  const env = {
    ...databaseEnv(database),
    ...cluster.env,
    COCALC_APP_FOLDER: folder,
    HOST: "127.0.0.1",
    PORT: String(port),
    ADMIN_HOST: "127.0.0.1",
    ADMIN_PORT: String(adminPort),
  };
  const { output, child } = startCli(life, [`--role=${role}`], env, main);
  const isReady = () =>
    fetch(`http://127.0.0.1:${adminPort}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  await until(
    async () => {
      if (child.exitCode !== null) throw new Error(`${role} ended: ${output().stderr}`);
      return isReady();
    },
    { what: `${role} is ready` },
  );
  return { origin: `http://127.0.0.1:${port}` };
}
