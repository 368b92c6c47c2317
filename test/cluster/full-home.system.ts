/** A home without a byte or an inode left, on a file system of its own, which only root can make: in rescue mode people get at it and make room. */

import { mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "@jest/globals";
import type { OutOfMemory } from "../../src/protocol/project-status.ts";
import { temporaryFolder } from "../helpers/folder.ts";
import { testLives } from "../helpers/life.ts";
import { mount } from "../helpers/mount.ts";
import { openTestDocument } from "../helpers/project-document.ts";
import { startProjectProcess } from "../helpers/project-process.ts";
import type { ProjectClient } from "../helpers/project-server.ts";
import { until } from "../helpers/until.ts";

const newLife = testLives();
/** On a cluster that was given to us whoever runs this may be anybody: then it is skipped, and counted so. */
const testAsRoot = process.getuid?.() === 0 ? test : test.skip;

/** A root folder whose home is full; `left` is there from before. */
async function fullHome(left: Record<string, string>): Promise<string> {
  const root = await temporaryFolder(newLife(), "full");
  const home = join(root, "home");
  await mount(newLife(), home, ["-t", "tmpfs", "-o", "size=1m,nr_inodes=40", "tmpfs"]);
  for (const [name, text] of Object.entries(left)) await writeFile(join(home, name), text);
  const full = async (write: () => Promise<void>) => {
    for (;;) {
      try {
        await write();
      } catch (error) {
        expect(error).toMatchObject({ code: "ENOSPC" });
        return;
      }
    }
  };
  await full(() => writeFile(join(home, "large"), Buffer.alloc(65_536), { flag: "a" }));
  let count = 0;
  await full(() => writeFile(join(home, `empty-${++count}`), ""));
  return root;
}

/** What a terminal shows once the words are there. */
async function shown(client: ProjectClient, { type, words }: { type: string; words: RegExp }): Promise<string> {
  let text = "";
  client.socket.on("terminal_output", (output) => {
    text += output.text;
  });
  await client.ask("terminal_open", { name: "main", cols: 200, rows: 24 });
  await client.ask("terminal_input", { name: "main", text: type });
  return until(() => words.test(text) && text);
}

testAsRoot(
  "a home that is full is looked at, edited in rescue mode and emptied, and nothing needs room in it",
  async () => {
    const root = await fullHome({ "project_init.sh": "touch executed\n", "notes.txt": "precious" });
    const server = await startProjectProcess(newLife(), { root, env: { COCALC_RESCUE: "1" } });
    const client = await server.connect();
    expect(await (await server.fetch("/api/status")).json()).toMatchObject({ rescue: true, disk: { free: 0 } });
    const listed = await (await server.fetch("/api/files/list?path=")).json();
    expect(JSON.stringify(listed)).toContain("notes.txt");
    // Bash writes what it makes of a here document into its HOME's surroundings.
    const text = await shown(client, {
      type: "cat <<< here; head -c 100000 /dev/zero > $HOME/mine && echo done\r",
      words: /\ndone/,
    });
    expect(text).toMatch(/\rhere\r/);
    const document = await openTestDocument(client, "notes.txt");
    document.insert(0, "most ");
    await until(() => document.acknowledged());
    const gone = await server.fetch("/api/files/delete", {
      method: "POST",
      body: JSON.stringify({ paths: ["large", "empty-1"], forever: true }),
    });
    expect(gone.status).toBe(200);
    await client.ask("document_save", { path: "notes.txt" });
    expect(await readFile(join(server.home, "notes.txt"), "utf8")).toBe("most precious");
    expect(await readdir(server.home)).not.toEqual(expect.arrayContaining(["executed", ".cocalc"]));
  },
);

testAsRoot(
  "memory that runs out in rescue mode is told though nothing can be noted in a full home, and is remembered where it could",
  async () => {
    const root = await fullHome({});
    const group = await temporaryFolder(newLife(), "group");
    const say = async (kills: number) => {
      await writeFile(join(group, "memory.max"), "1000");
      await writeFile(join(group, "memory.current"), "950");
      await writeFile(join(group, "memory.events"), `oom_kill ${kills}\n`);
    };
    await say(0);
    const env = { COCALC_RESCUE: "1", COCALC_CGROUPS: group };
    const server = await startProjectProcess(newLife(), { root, env });
    const { socket } = await server.connect();
    const told: OutOfMemory[] = [];
    socket.on("out_of_memory", (what) => told.push(what));
    await until(async () => (await (await server.fetch("/api/status")).json()).memoryWarning);
    await say(1);
    await until(() => told.length === 1);
    expect(told[0]).toMatchObject({ limit: 1_000, whole: false });
    await server.end("SIGKILL");

    await rm(join(server.home, "large"));
    await rm(join(server.home, "empty-1"));
    await rm(join(server.home, "empty-2"));
    await rm(join(server.home, "empty-3"));
    await mkdir(join(server.home, ".cocalc"));
    const { hub, projectId } = server;
    const second = await startProjectProcess(newLife(), { root, hub, projectId, env });
    const file = join(server.home, ".cocalc", "memory", "notes.json");
    await until(async () => (await readFile(file, "utf8").catch(() => "")).includes('"limit":1000'));
    await say(2);
    await until(async () => (await readFile(file, "utf8")).includes('"whole":false'));
    await second.end("SIGKILL");
  },
);
