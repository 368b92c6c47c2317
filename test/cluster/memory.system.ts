/** Memory that runs out on a real node: a program in a project is killed, and its server with everything else. */
import { describe, expect, test } from "@jest/globals";
import { type LogEntry, wordsOfEvent } from "../../src/app/core/log-view.ts";
import type { FileListing } from "../../src/protocol/project-files.ts";
import type { OutOfMemory } from "../../src/protocol/project-status.ts";
import { until } from "../helpers/until.ts";
import { openProject, runScript, startProject } from "./person.ts";
import { inState, openTestWorld, podOf } from "./world.ts";

const PATIENCE = { timeoutMs: 180_000, everyMs: 200 };
const { life, world, ada } = await openTestWorld();
const { project_id: projectId } = await ada.call("projects/create", { title: "Greedy" });
await ada.call("projects/start", { project_id: projectId });
await inState(world, projectId, "running");

/** What a project has of which nobody said anything, in bytes: no project has less. */
const LIMIT = 1_000 * 2 ** 20;

/** Keeps ever more memory, a little at a time, as programs do that compute; up to as many MB. */
const HOG = `import sys, time
kept = []
for _ in range(int(sys.argv[1]) // 10):
    kept.append(bytearray(b'x' * (10 << 20)))
    time.sleep(0.05)
time.sleep(600)
`;

/** In the background: on a machine that has much to do it takes longer than a request may. */
const inBackground = (script: string) => `cat > hog.py <<'END'
${HOG}END
cat > hog.sh <<'END'
${script}
END
setsid bash hog.sh > /dev/null 2>&1 < /dev/null &`;

const ONE_GREEDY = "exec python3 hog.py 2000";
/**
 * Kubernetes offers all processes of a container to the kernel with about the same readiness, so it takes the largest. The server asks to be taken
 * first, and the others are each too small to be taken before it.
 */
const MANY_GREEDY = `sleep 1
for pid in $(pgrep -f 'main.js --role=project'); do echo 1000 > /proc/$pid/oom_score_adj; done
for i in $(seq 40); do python3 hog.py 40 & done
wait`;

async function logged(): Promise<LogEntry[]> {
  const { log } = await ada.call("projects/log", { project_id: projectId, limit: 50 });
  return log.filter(({ event }: LogEntry) => event.event === "project_out_of_memory");
}

/** Cgroup v2 ends the whole container, unless its kubelet was told otherwise. */
const endsAll = (await runScript(ada, projectId, "cat /sys/fs/cgroup/memory.oom.group || true")).trim() === "1";

describe("a project that runs out of memory", () => {
  (endsAll ? test.skip : test)("goes on when a program was killed, and is told which, how large and when", async () => {
    const { socket } = await openProject(life, ada, projectId);
    const told: OutOfMemory[] = [];
    socket.on("out_of_memory", (what) => told.push(what));
    await runScript(ada, projectId, inBackground(ONE_GREEDY));
    await until(() => told.length > 0, PATIENCE);
    expect(told[0]).toMatchObject({ process: "python3 hog.py", limit: LIMIT, whole: false });
    expect(told[0]?.used).toBeGreaterThan(0.5 * LIMIT);
    await ada.fetch(`/${projectId}/api/status`); // as the page does that was told
    const entry = await until(async () => (await logged())[0], PATIENCE);
    expect(entry).toMatchObject({ time: told[0]?.time, event: { ...told[0] } });
    expect(wordsOfEvent(entry).words).toMatch(
      /^ran out of memory\. “python3 hog\.py”, which used \d+ MB, was ended\. All programs of the project together may use 1 GB\.$/,
    );
    expect((await podOf(world, projectId))?.status?.containerStatuses?.[0]?.restartCount).toBe(0);
  });

  test("is ended as a whole where its first process is killed, and is told what used the most once it is back", async () => {
    await runScript(ada, projectId, inBackground(endsAll ? ONE_GREEDY : MANY_GREEDY));
    await until(
      async () => (await podOf(world, projectId))?.status?.containerStatuses?.[0]?.restartCount === 1,
      PATIENCE,
    );
    const status = (await podOf(world, projectId))?.status?.containerStatuses?.[0];
    expect(status?.lastState?.terminated).toMatchObject({ reason: "OOMKilled", exitCode: 137 });
    const whole = async () => (await logged()).find(({ event }) => event.whole === true && "process" in event);
    const entry = await until(whole, PATIENCE);
    expect(entry.event).toMatchObject({
      process: expect.stringMatching(/^(python3 hog\.py|the project's server)$/),
      limit: LIMIT,
    });
    expect(entry.event.used).toBeGreaterThan(0.02 * LIMIT);
    expect(wordsOfEvent(entry).words).toMatch(
      /^ran out of memory\. Everything in the project was ended\. The largest program was “(python3 hog\.py|the project's server)” \(\d+ MB\)\. All programs of the project together may use 1 GB\.$/,
    );
    await inState(world, projectId, "running");
    expect(await (await ada.fetch(`/${projectId}/api/status`)).json()).toMatchObject({ outOfMemory: { whole: true } });
  });
});

/** Keeps whoever has it from a terminal: each shell that reads it leaves a mark and ends. */
const BREAK_SHELLS = `for name in .bash_profile .bashrc; do echo "touch /home/user/executed-$name; exit 7" > $name; done`;

/** What a terminal says until the words are there, or its shell ended: then with its exit code. */
async function saidInTerminal(id: string, { type, words }: { type: string; words: RegExp }): Promise<string> {
  const project = await openProject(life, ada, id);
  let said = "";
  project.socket.on("terminal_output", ({ text }) => {
    said += text;
  });
  project.socket.on("terminal_exited", ({ exitCode }) => {
    said += `(exit ${exitCode})`;
  });
  await project.ask("terminal_open", { name: "main", cols: 200, rows: 24 });
  await project.ask("terminal_input", { name: "main", text: type }).catch(() => {}); // its shell has ended already
  return until(() => (words.test(said) || said.includes("(exit ")) && said, PATIENCE);
}

/** What stands in the project's home, told by its server: programs need a shell that is not broken. */
async function namesIn(id: string): Promise<string[]> {
  const listing: FileListing = await (await ada.fetch(`/${id}/api/files/list?path=`)).json();
  return listing.entries.map(({ name }) => name);
}

async function stopProject(id: string): Promise<void> {
  await ada.call("projects/stop", { project_id: id });
  await inState(world, id, "opened");
}

test("a project with a broken home is started in rescue mode, mended there, and starts normally again", async () => {
  const id = await startProject(ada, { title: "Broken" });
  await inState(world, id, "running");
  await runScript(ada, id, `echo 'kill 1' > project_init.sh; ${BREAK_SHELLS}`);
  const greeting = { type: 'echo "HOME=$HOME PWD=$PWD"\r', words: /HOME=\/\S* PWD=\/\S*\r/ };
  expect(await saidInTerminal(id, greeting)).toContain("(exit 7)"); // nobody gets a shell
  expect(await namesIn(id)).toContain("executed-.bash_profile");
  await stopProject(id);

  await ada.call("projects/start", { project_id: id, rescue: true });
  expect(await inState(world, id, "running")).toMatchObject({ rescue: true });
  await runScript(ada, id, "rm executed-*");
  expect(await saidInTerminal(id, greeting)).toMatch(/HOME=\/tmp\/rescue-\S+ PWD=\/home\/user/);
  expect(await runScript(ada, id, 'echo "$PROJECT_HOME"')).toBe("/home/user\n");
  expect(await namesIn(id)).not.toContainEqual(expect.stringMatching(/^executed-/));
  await saidInTerminal(id, {
    type: "rm project_init.sh .bash_profile .bashrc; echo $((6 * 7))\r",
    words: /[\r\n]42\r/,
  });
  expect(await namesIn(id)).not.toContainEqual(expect.stringMatching(/^(project_init\.sh|\.bash_profile|\.bashrc)$/));
  await stopProject(id);

  await ada.call("projects/start", { project_id: id });
  expect((await inState(world, id, "running")).rescue).toBeUndefined();
  expect(await saidInTerminal(id, greeting)).toMatch(/HOME=\/home\/user PWD=\/home\/user/);
});
