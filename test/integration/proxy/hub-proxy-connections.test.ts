import { readFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { ReadableStream } from "node:stream/web";
import { describe, expect, test } from "@jest/globals";
import { endSession } from "../../../src/domain/access/sessions.ts";
import { newPerson, newProject, type Person, removeMember } from "../../helpers/people.ts";
import { startRole } from "../../helpers/roles.ts";
import { until } from "../../helpers/until.ts";
import { api, db, get, IP, life, owner, pod, projectId, proxy } from "./hub-proxy-fixture.ts";
import { ask, askUpgrade, dial } from "./wire.ts";

describe("connections that are open", () => {
  async function joined(path = api("socket")) {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const { status, socket } = await askUpgrade(proxy, path.replace(projectId, own), {
      headers: { Cookie: person.cookie },
    });
    expect(status).toBe(101);
    const echoed: string[] = [];
    socket.on("data", (chunk: Buffer) => echoed.push(chunk.toString()));
    socket.write("hello");
    await until(() => echoed.join("") === "hello", { timeoutMs: 10_000 });
    return { person, own, socket };
  }

  test("a WebSocket carries bytes, and ends on the word of a removal, of signing out and of a ban", async () => {
    const before = pod.connections();
    for (const act of [
      ({ own, person }: { own: string; person: Person }) => removeMember(db, own, person),
      ({ person }: { person: Person }) => endSession(db, person.sessionHash),
      ({ person }: { person: Person }) =>
        db.execute("UPDATE accounts SET banned = true WHERE account_id = $1", [person.accountId]),
    ]) {
      const { person, own, socket } = await joined();
      await act({ own, person });
      await until(() => socket.destroyed, { timeoutMs: 10_000 }); // what is known is believed for 15 s
    }
    await until(() => pod.connections() <= before + 1, { timeoutMs: 10_000 });
  });

  test("a long answer ends with the right to it", async () => {
    const person = await newPerson(db);
    const own = await newProject(db, [[person, "collaborator"]], { ip: IP });
    const socket = dial(proxy);
    socket.write(`GET /${own}/api/stream HTTP/1.1\r\nHost: x\r\nCookie: ${person.cookie}\r\n\r\n`);
    let text = "";
    socket.on("data", (chunk: Buffer) => {
      text += chunk.toString();
    });
    await until(() => text.includes("data: one"), { timeoutMs: 10_000 });
    await removeMember(db, own, person);
    await until(() => socket.destroyed, { timeoutMs: 10_000 });
  });

  test("one account let answers wait until nobody else was answered: it has so many, a viewer fewer", async () => {
    const proxyOfFew = await startRole(life, "hub-proxy", {
      db,
      env: { COCALC_PROJECT_PORT: String(pod.port), COCALC_PROXY_MAX_REQUESTS_PER_MEMBER: "4" },
    });
    const [greedy, viewer, other] = [await newPerson(db), await newPerson(db), await newPerson(db)];
    const own = await newProject(
      db,
      [
        [greedy, "collaborator"],
        [viewer, "viewer"],
        [other, "collaborator"],
      ],
      { ip: IP },
    );
    const open = async ({ cookie }: Person) => {
      const socket = dial(proxyOfFew);
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      socket.write(`GET /${own}/api/stream HTTP/1.1\r\nHost: x\r\nCookie: ${cookie}\r\n\r\n`);
      return { socket, status: await until(() => /^HTTP\/1.1 (\d+)/.exec(text)?.[1]) };
    };
    const waiting: Socket[] = [];
    for (const [person, most] of [
      [greedy, 4],
      [viewer, 1],
    ] as const) {
      for (let places = 0; places < most; places++) {
        const { socket, status } = await open(person);
        expect(status).toBe("200");
        waiting.push(socket);
      }
      const refused = await open(person);
      expect(refused.status).toBe("429");
      refused.socket.destroy();
    }
    const { socket } = await open(other);
    waiting.push(socket);
    for (const one of waiting) one.destroy();
    await until(async () => {
      const { socket: again, status } = await open(greedy);
      again.destroy();
      return status === "200";
    });
  });

  test("one account filled a project with WebSockets: it has so many, and gets places back as they end", async () => {
    const proxyOfFew = await startRole(life, "hub-proxy", {
      db,
      env: {
        COCALC_PROJECT_PORT: String(pod.port),
        COCALC_PROXY_MAX_UPGRADES_PER_MEMBER: "2",
        COCALC_PROXY_MAX_UPGRADES_PER_ACCOUNT: "3",
      },
    });
    const [greedy, other] = [await newPerson(db), await newPerson(db)];
    const projectOf = (...people: Person[]) =>
      newProject(
        db,
        people.map((one) => [one, "collaborator"]),
        { ip: IP },
      );
    const [first, second] = [await projectOf(greedy, other), await projectOf(greedy)];
    const sockets: Socket[] = [];
    const open = async (person: Person, project: string, path = "socket") => {
      const answer = await askUpgrade(proxyOfFew, `/${project}/api/${path}`, { headers: { Cookie: person.cookie } });
      sockets.push(answer.socket);
      return answer;
    };
    for (let refused = 0; refused < 5; refused += 1) expect((await open(greedy, first, "refused")).status).toBe(403);
    for (let joined = 0; joined < 2; joined += 1) expect((await open(greedy, first)).status).toBe(101);
    const tooMany = await open(greedy, first);
    expect(tooMany.status).toBe(429);
    expect(tooMany.body).toContain("Your account has 2 connections open to this project already");
    expect((await open(other, first)).status).toBe(101);
    expect((await open(greedy, second)).status).toBe(101);
    expect((await open(greedy, second)).body).toContain("3 connections open to projects already");
    for (const socket of sockets) socket.destroy();
    await until(async () => (await open(greedy, first)).status === 101, { timeoutMs: 10_000 });
    for (const socket of sockets) socket.destroy();
  });

  test("an upgrade that the other side refuses is answered as it answered, without its cookies", async () => {
    const { status, headers, body } = await askUpgrade(proxy, api("refused"), { headers: { Cookie: owner.cookie } });
    expect({ status, body }).toEqual({ status: 403, body: "nope" });
    expect(headers["set-cookie"]).toBeUndefined();
  });

  test("clients that go away free the other side: before an answer, during one, and as WebSockets", async () => {
    await until(() => pod.connections() < 40, { timeoutMs: 10_000 });
    const sockets = [];
    for (let index = 0; index < 15; index += 1) {
      for (const path of ["hang", "stream"]) {
        const socket = dial(proxy);
        socket.write(`GET ${api(path)} HTTP/1.1\r\nHost: x\r\nCookie: ${owner.cookie}\r\n\r\n`);
        sockets.push(socket);
        if (sockets.length >= 18) break;
      }
    }
    await until(() => pod.connections() >= 18, { timeoutMs: 10_000 });
    for (const socket of sockets) socket.resetAndDestroy();
    const upgrades = [];
    for (let index = 0; index < 10; index += 1) upgrades.push((await joined()).socket);
    for (const socket of upgrades) socket.resetAndDestroy();
    await until(() => pod.connections() === 0, { timeoutMs: 10_000 }); // kept connections time out after four seconds
  });
});

describe("bytes", () => {
  test("a large answer arrives whole, and a slow reader holds the sender back", async () => {
    const size = 60_000_000;
    const before = pod.sent();
    const socket = dial(proxy);
    socket.pause();
    socket.write(
      `GET ${api(`bytes?n=${size}`)} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nCookie: ${owner.cookie}\r\n\r\n`,
    );
    await until(() => pod.sent() > before, { timeoutMs: 10_000 });
    // Nobody reads, so nothing more is sent, while others have all they ask for.
    expect((await get(api(`bytes?n=${size}`))).body).toHaveLength(size);
    expect(pod.sent() - before - size).toBeLessThan(20_000_000);
    let got = 0;
    socket.on("data", (chunk: Buffer) => {
      got += chunk.length;
    });
    const closed = Promise.withResolvers<void>();
    socket.once("close", () => closed.resolve());
    socket.resume();
    await closed.promise;
    expect(got).toBeGreaterThanOrEqual(size);
    expect(got).toBeLessThan(size + 1_000);
  });

  test("a large upload arrives whole, with and without a length", async () => {
    const before = pod.swallowed();
    const body = "y".repeat(5_000_000);
    const answer = await ask(proxy, api("swallow"), { method: "PUT", headers: { Cookie: owner.cookie }, body });
    expect(answer.status).toBe(200);
    expect(pod.swallowed() - before).toBe(body.length);
    const chunked = await fetch(`${proxy}${api("swallow")}`, {
      method: "PUT",
      headers: { cookie: owner.cookie },
      body: new Blob([body]).stream(),
      duplex: "half",
    } as RequestInit);
    expect(await chunked.text()).toBe(String(before + 2 * body.length));
  });

  test("an upload that nobody reads is held back", async () => {
    const socket = dial(proxy);
    socket.write(
      `PUT ${api("slow")} HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\nCookie: ${owner.cookie}\r\n\r\n`,
    );
    const block = Buffer.alloc(1_000_000);
    let left = 0;
    const send = (error?: Error | null) => {
      if (error) return; // it has not left
      left += block.length;
      socket.write(block, send);
    };
    socket.write(block, send);
    await until(() => left > 0);
    // What has left us is in the system's buffers of two connections and a few of ours, while another upload of many times that arrives whole.
    const held = 2 * (await mostInSocketBuffers()) + 10_000_000;
    const other = await fetch(`${proxy}${api("swallow")}`, {
      method: "PUT",
      headers: { cookie: owner.cookie },
      body: ReadableStream.from(repeated(block, (4 * held) / block.length)),
      duplex: "half",
    } as RequestInit);
    expect(other.status).toBe(200);
    await other.text();
    expect(left).toBeLessThan(held);
    expect(socket.destroyed).toBe(false); // it is held, not ended
    socket.resetAndDestroy();
  });

  test("an early refusal of an upload reaches the client", async () => {
    const answer = await ask(proxy, api("refuse"), {
      method: "PUT",
      headers: { Cookie: owner.cookie },
      body: "z".repeat(300_000),
    });
    expect(answer).toMatchObject({ status: 413, body: "too large" });
  });
});

describe("what hangs or is malformed", () => {
  test("the body of a stranger who was refused was waited for without an end", async () => {
    for (const cookie of ["", `Cookie: ${owner.cookie}\r\nOrigin: http://evil.example\r\n`]) {
      const socket = dial(proxy);
      socket.write(`POST ${api("exec")} HTTP/1.1\r\nHost: x\r\n${cookie}Content-Length: 100\r\n\r\nx`);
      let text = "";
      socket.on("data", (chunk: Buffer) => {
        text += chunk.toString();
      });
      await until(() => socket.destroyed);
      expect(text).toMatch(/^HTTP\/1\.1 40[13] /);
    }
  });

  test("a project that hangs fills up and then refuses, and others go on", async () => {
    const other = await newProject(db, [[owner, "owner"]], { ip: IP });
    const sockets = Array.from({ length: 20 }, () => {
      const socket = dial(proxy);
      socket.write(`GET /${other}/api/hang HTTP/1.1\r\nHost: x\r\nCookie: ${owner.cookie}\r\n\r\n`);
      return socket;
    });
    await until(async () => (await get(`/${other}/api/x`)).status === 503, { timeoutMs: 10_000 });
    expect((await get(api("x"))).status).toBe(200);
    for (const socket of sockets) socket.destroy();
    await until(async () => (await get(`/${other}/api/x`)).status === 200, { timeoutMs: 10_000 });
  });

  /** A pod that says nothing, at an address of its own. */
  async function hangingPod(ip: string) {
    let asked = 0;
    const server = createServer((socket) => {
      socket.on("error", () => {});
      socket.on("data", () => {
        asked += 1;
      });
    });
    const listening = Promise.withResolvers<void>();
    server.listen(pod.port, ip, listening.resolve);
    await listening.promise;
    life.defer("hanging pod", () => void server.close());
    return { isAsked: () => asked > 0 };
  }

  const moveTo = (own: string, ip: string) =>
    db.execute("UPDATE projects SET state = state || jsonb_build_object('ip', $2::text) WHERE project_id = $1", [
      own,
      ip,
    ]);

  test("what hangs at a place that the project has left ends at once", async () => {
    const old = await hangingPod("127.0.0.12"); // it begins with the new place's address
    const own = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.12" });
    const answer = get(`/${own}/api/x`);
    await until(old.isAsked);
    await moveTo(own, "127.0.0.1");
    expect((await answer).status).toBe(503);
    expect((await get(`/${own}/api/x`)).status).toBe(200);
  });

  test("what hangs at a place that the project has left ends also when the word of it was missed", async () => {
    const old = await hangingPod("127.0.0.13");
    const own = await newProject(db, [[owner, "owner"]], { ip: "127.0.0.13" });
    const answer = get(`/${own}/api/x`);
    await until(old.isAsked);
    await db.transaction(async (tx) => {
      await tx.execute("SET LOCAL session_replication_role = replica"); // no trigger notifies
      await tx.execute('UPDATE projects SET state = state || \'{"ip": "127.0.0.1"}\' WHERE project_id = $1', [own]);
    });
    await db.query(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name LIKE '%/listen' AND datname = current_database()",
    );
    expect((await answer).status).toBe(503);
  });

  test("a place that does not answer is given up in time", async () => {
    const own = await newProject(db, [[owner, "owner"]], { ip: "10.255.255.1" });
    const { status } = await get(`/${own}/api/x`);
    expect([502, 504]).toContain(status);
  }, 60_000); // the system itself would try for two minutes

  test.each([
    "GET /\x00 HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/port/99999/ HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/port/%2e%2e/%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/api/\xff\xfe HTTP/1.1\r\nHost: x\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: \x01\r\n\r\n",
    "GET /ID/api/x HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "POST /ID/api/x HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "TRACE * HTTP/1.1\r\nHost: x\r\n\r\n",
    "CONNECT evil.example:443 HTTP/1.1\r\nHost: x\r\n\r\n",
    "\x16\x03\x01\x02\x00\x01",
  ])("%j does no harm", async (text) => {
    for (const cookie of ["", `Cookie: ${owner.cookie}\r\n`]) {
      const socket = dial(proxy);
      socket.write(Buffer.from(text.replace("ID", projectId).replace("Host: x\r\n", `Host: x\r\n${cookie}`), "latin1"));
      socket.end();
      const closed = Promise.withResolvers<void>();
      socket.resume();
      socket.once("close", () => closed.resolve());
      await closed.promise;
    }
    expect((await get(api("x"))).status).toBe(200);
  });
});

function* repeated(block: Buffer, times: number): Generator<Buffer> {
  for (let time = 0; time < times; time += 1) yield block;
}

/** Bytes that the system takes at most from who sends on a connection and keeps for who does not read it. */
async function mostInSocketBuffers(): Promise<number> {
  const sizes = ["tcp_rmem", "tcp_wmem"].map((name) => readFile(`/proc/sys/net/ipv4/${name}`, "utf8"));
  const most = (await Promise.all(sizes)).map((size) => Number(size.trim().split(/\s+/).at(-1)));
  return most.reduce((sum, size) => sum + size, 0);
}
