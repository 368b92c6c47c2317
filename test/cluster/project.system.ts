/** The main job on a real cluster: sign up, make a project, start it, work in it, alone and together. */
import { describe, expect, test } from "@jest/globals";
import * as Y from "yjs";
import { DOCUMENT_TEXT } from "../../src/protocol/document-text.ts";
import { until } from "../helpers/until.ts";
import { openProject, type Person, type ProjectSocket, runScript, signUp, startProject } from "./person.ts";
import { inState, openTestWorld, podOf, startEnded } from "./world.ts";

const { life, world, ada } = await openTestWorld();
const projectId = await startProject(ada, { title: "Engines" });
await inState(world, projectId, "running");

describe("a project", () => {
  test("runs at Ready, at the address of its pod, and its start has ended well", async () => {
    const { ip } = await inState(world, projectId, "running");
    const pod = await podOf(world, projectId);
    expect(pod?.status?.podIP).toBe(ip);
    expect(pod?.status?.conditions).toContainEqual(expect.objectContaining({ type: "Ready", status: "True" }));
    expect(await startEnded(world, projectId)).toMatchObject({ outcome: "running" });
  });

  test("has a terminal that is a shell of user 2001", async () => {
    const project = await openProject(life, ada, projectId);
    const output = terminalOutput(project);
    await project.ask("terminal_open", { name: "first", cols: 80, rows: 24 });
    await project.ask("terminal_input", { name: "first", text: "id; umask; echo $((6 * 7))\r" });
    await until(() => output.text.includes("42\r\n"), { timeoutMs: 30_000 });
    expect(output.text).toMatch(/uid=2001\(user\) gid=2001/);
  });

  test("has no rights: no token, no capabilities, no other user", async () => {
    const script =
      "ls /var/run/secrets 2>&1; grep -E '^(CapEff|CapBnd|NoNewPrivs|Seccomp):' /proc/self/status; touch /ext/x 2>&1";
    const said = await runScript(ada, projectId, script);
    expect(said).toMatch(/secrets.*No such file/);
    expect(said).toMatch(/CapEff:\s+0+\n/);
    expect(said).toMatch(/CapBnd:\s+0+\n/);
    expect(said).toMatch(/NoNewPrivs:\s+1/);
    expect(said).toMatch(/Seccomp:\s+2/);
    expect(said).toMatch(/Read-only file system|Permission denied/);
  });

  test("holds no secret that all projects would share", async () => {
    expect(await runScript(ada, projectId, "ls /etc/ssh/ | grep host || true")).toBe("");
  });

  test("is refused to somebody who is no member, as HTTP and as Upgrade", async () => {
    const stranger = await signUp(world.target, "Mallory");
    const answer = await stranger.fetch(`/${projectId}/api/files/list?path=`);
    expect([401, 403, 404]).toContain(answer.status);
    await expect(openProject(life, stranger, projectId)).rejects.toThrow();
  });

  test("keeps its files over a stop and a start", async () => {
    await runScript(ada, projectId, "echo kept > notes.txt");
    await ada.call("projects/stop", { project_id: projectId });
    await inState(world, projectId, "opened");
    await until(async () => (await podOf(world, projectId)) === undefined, { timeoutMs: 60_000 });
    await ada.call("projects/start", { project_id: projectId });
    await inState(world, projectId, "running");
    expect(await runScript(ada, projectId, "cat notes.txt")).toBe("kept\n");
  });

  test("is edited by two collaborators in the same document, and saved", async () => {
    const grace = await signUp(world.target, "Grace");
    await ada.call("projects/collaborators/add", { project_id: projectId, email_address: grace.email });
    const [hers, theirs] = await Promise.all([openDocument(ada, "together.md"), openDocument(grace, "together.md")]);
    hers.text.insert(0, "Ada was here. ");
    await until(() => theirs.text.toString() === "Ada was here. ");
    theirs.text.insert(theirs.text.length, "Grace too.");
    await until(() => hers.text.toString() === "Ada was here. Grace too.");
    await until(async () => (await runScript(ada, projectId, "cat together.md")) === "Ada was here. Grace too.", {
      everyMs: 200,
    });
  });
});

function terminalOutput(project: ProjectSocket): { text: string } {
  const output = { text: "" };
  project.socket.on("terminal_output", ({ text }) => {
    output.text += text;
  });
  return output;
}

/** A document as a browser holds it, of a file that is made where it is missing: edits go to the server, others' come back. */
async function openDocument(person: Person, path: string): Promise<{ text: Y.Text }> {
  const project = await openProject(life, person, projectId);
  const doc = new Y.Doc();
  project.socket.on("document_update", (change) => {
    if (change.path === path) Y.applyUpdate(doc, new Uint8Array(change.update), "server");
  });
  const { generation, update, exists } = await project.ask("document_open", { path });
  if (!exists) await project.ask("document_save", { path });
  Y.applyUpdate(doc, new Uint8Array(update), "server");
  doc.on("update", (change: Uint8Array, origin: unknown) => {
    if (origin !== "server") void project.ask("document_update", { path, generation, update: change });
  });
  return { text: doc.getText(DOCUMENT_TEXT) };
}
