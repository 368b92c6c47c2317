/** A terminal against a real project server: output in order over a reconnect, keys that waited, exit and restart. */

import { expect, jest, test } from "@jest/globals";
import { testLives } from "../../../test/helpers/life.ts";
import { startProjectServer } from "../../../test/helpers/project-server.ts";
import { until } from "../../../test/helpers/until.ts";
import type { Life } from "../../core/life.ts";
import { ASSERTION_HEADER } from "../../protocol/assertion.ts";
import { ProjectConnection } from "./project-connection.ts";
import { TerminalClient, type TerminalScreen } from "./terminal-client.ts";

const life = testLives();
const FULL_RESET = "\x1bc";

class Paper implements TerminalScreen {
  text = "";
  /** How often it was drawn anew. */
  redrawn = 0;
  write(text: string, taken: () => void): void {
    if (text.startsWith(FULL_RESET)) {
      this.text = "";
      this.redrawn += 1;
    }
    this.text += text;
    taken();
  }
  window = { cols: 80, rows: 24 };
  wanted() {
    return this.window;
  }
  /** What it was told last. */
  size: { cols: number; rows: number } | undefined;
  resize({ cols, rows }: { cols: number; rows: number }): void {
    this.size = { cols, rows };
  }
  scheme() {
    return "light" as const;
  }
}

async function openTerminal(own: Life) {
  const server = await startProjectServer(own);
  const assertion = await server.hub.assertion({ aud: server.projectId });
  /** One window, of some size. */
  const openWindow = async (cols: number) => {
    const connection = new ProjectConnection({
      origin: server.origin,
      path: `/${server.projectId}/api/socket`,
      headers: { [ASSERTION_HEADER]: assertion },
    });
    own.defer("connection", () => connection.rest());
    connection.open();
    const screen = new Paper();
    screen.window = { cols, rows: 24 };
    const client = new TerminalClient(connection, "main", { screen });
    own.defer("terminal", () => client.close());
    await until(() => client.state.get().kind === "open");
    return { connection, screen, client };
  };
  return { ...(await openWindow(80)), openWindow };
}

test("what was put out while the connection was away is there once", async () => {
  const { connection, screen, client } = await openTerminal(life());
  client.type("for i in 1 2 3 4 5 6; do echo line-$((i * 11)); sleep 0.1; done\n");
  await until(() => screen.text.includes("line-11"));
  connection.rest();
  client.type("echo after-$((40 + 2))\n");
  connection.open();
  await until(() => screen.text.includes("after-42"));
  for (const number of [11, 22, 33, 44, 55, 66]) expect(screen.text.split(`line-${number}\r\n`)).toHaveLength(2);
  expect(screen.redrawn).toBe(1); // as it was opened
});

test("a flood of output arrives whole", async () => {
  const { screen, client } = await openTerminal(life());
  client.type("seq 1 60000; echo the-$((1 + 1))nd-end\n");
  await until(() => screen.text.includes("the-2nd-end"), { timeoutMs: 30_000 });
  expect(screen.text).toContain("59999\r\n60000\r\n");
});

test("a shell that ended is told and can be started again", async () => {
  const { screen, client } = await openTerminal(life());
  client.type("exit 3\n");
  await until(() => client.state.get().kind === "exited");
  expect(client.state.get()).toEqual({ kind: "exited", exitCode: 3 });
  await client.restart();
  client.type("echo again-$((20 + 3))\n");
  await until(() => screen.text.includes("again-23"));
});

test("who comes back to a terminal that was resized meanwhile, and said nothing since, has its size", async () => {
  const { connection, screen, client, openWindow } = await openTerminal(life());
  client.type("stty -echo; echo silent-$((40 + 2)); exec sleep 1000\n");
  await until(() => screen.text.includes("silent-42\r\n")); // nothing is put out after it
  const other = await openWindow(100);
  const third = await openWindow(120);
  connection.rest();
  other.client.type("\n");
  await until(() => third.screen.size?.cols === 100);
  const { redrawn } = screen;
  connection.open();
  await until(() => client.state.get().kind === "open");
  expect({ size: screen.size, isDrawnAnew: screen.redrawn > redrawn }).toEqual({
    size: { cols: 100, rows: 24 },
    isDrawnAnew: false,
  });
});

test("what was typed for a shell that is gone is not typed into the next one", async () => {
  const { connection, screen, client, openWindow } = await openTerminal(life());
  const other = await openWindow(80);
  client.type("exit 3\n");
  await until(() => client.state.get().kind === "exited" && other.client.state.get().kind === "exited");
  client.type("echo typed-$((20 + 3))\n"); // there is none now
  await other.client.restart();
  await until(() => client.state.get().kind === "open");
  connection.rest();
  client.type("echo typed-$((20 + 3))\n");
  other.client.type("exit 4\n");
  await until(() => other.client.state.get().kind === "exited");
  await other.client.restart();
  connection.open();
  await until(() => screen.text.includes("was not sent"));
  client.type("echo on-purpose-$((20 + 4))\n");
  await until(() => screen.text.includes("on-purpose-24"));
  expect(screen.text).not.toContain("typed-");
});

test("a shell that ends while its terminal is opened anew is not taken for one that runs", async () => {
  const { connection, client } = await openTerminal(life());
  const request = connection.request.bind(connection);
  const ended = Promise.withResolvers<void>();
  connection.on("terminal_exited", () => ended.resolve());
  const looked = Promise.withResolvers<void>();
  jest.spyOn(connection, "request").mockImplementation(async (...asked: Parameters<typeof request>) => {
    const answer = await request(...asked);
    if (asked[0] !== "terminal_open") return answer;
    await request("terminal_input", { name: "main", text: "exit 3\n" });
    await ended.promise; // the end is seen before the answer is
    setImmediate(looked.resolve);
    return answer;
  });
  connection.rest();
  connection.open();
  await looked.promise;
  expect(client.state.get()).toEqual({ kind: "exited", exitCode: 3 });
});
