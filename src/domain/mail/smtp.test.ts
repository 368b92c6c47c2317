import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { expect, test } from "@jest/globals";
import { SMTPServer, type SMTPServerOptions } from "smtp-server";
import { testLives } from "../../../test/helpers/life.ts";
import { messageOf } from "../../core/errors.ts";
import type { SmtpServer } from "./mail-state.ts";
import { SmtpClient, smtpTrouble, verifySmtp } from "./smtp.ts";

const newLife = testLives();

async function troubleWith(options: SMTPServerOptions, settings: Partial<SmtpServer>) {
  const life = newLife();
  const server = new SMTPServer({ authOptional: true, logger: false, closeTimeout: 100, ...options });
  server.on("error", () => {}); // a client that breaks off is what is tried here
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  life.defer("SMTP server", () => new Promise<void>((done) => server.close(done)));
  const { port } = server.server.address() as AddressInfo; // a TCP server that listens has one
  const from = { name: "The Lab", address: "noreply@lab.example" };
  const place: SmtpServer = { host: "127.0.0.1", port, secure: false, from, login: "", password: "", ...settings };
  return verifySmtp(place).then(
    () => undefined,
    (error: unknown) => ({ ...smtpTrouble(error, place), message: messageOf(error) }),
  );
}

test("what is wrong with TLS is told with what to set, and a certificate that is not good is never taken", async () => {
  expect(await troubleWith({ hideSTARTTLS: true }, {})).toBeUndefined();
  const certificate = { fix: expect.stringContaining("NODE_EXTRA_CA_CERTS"), isRefusal: false };
  expect(await troubleWith({ secure: true }, { secure: true })).toMatchObject(certificate);
  expect(await troubleWith({}, {})).toMatchObject(certificate);
  expect(await troubleWith({ hideSTARTTLS: true }, { secure: true })).toMatchObject({
    fix: expect.stringContaining("_secure to no"),
  });
});

test("a password is not sent in the clear, but to this very machine", async () => {
  const said: string[] = [];
  const options: SMTPServerOptions = {
    disabledCommands: ["STARTTLS"],
    allowInsecureAuth: true,
    authOptional: false,
    onAuth: ({ password }, _session, answer) => {
      said.push(password ?? "");
      answer(null, { user: "hubs" });
    },
  };
  const login = { login: "hubs", password: "smtp-secret-93" };
  expect(await troubleWith(options, { ...login, host: "localhost" })).toBeUndefined();
  expect(said).toEqual(["smtp-secret-93"]);
  // The same server by a name that need not be this machine's.
  const trouble = await troubleWith(options, { ...login, host: "0x7f.1" });
  expect(trouble).toMatchObject({ fix: expect.stringContaining("STARTTLS") });
  expect(said).toHaveLength(1);
});

test("a command that the server did not understand is no word about the receiver", () => {
  const place = { host: "smtp.example.org", port: 465, secure: true } as SmtpServer; // what the words need of it
  const answer = (responseCode: number) =>
    Object.assign(new Error(`${responseCode} no`), { responseCode, permanent: true, command: "RCPT TO" });
  expect(smtpTrouble(answer(550), place).isRefusal).toBe(true);
  for (const code of [500, 502, 503, 504]) expect(smtpTrouble(answer(code), place).isRefusal).toBe(false);
});

/** A server that says so many words of a dialogue and then nothing more. */
async function openSilentServer(words: number) {
  const life = newLife();
  const dialogue = ["220 hello", "250 silent", "250 sender", "250 receiver", "354 go on"];
  const server = createServer((socket) => {
    let said = 0;
    const say = () => {
      if (said < words) socket.write(`${dialogue[said]}\r\n`);
      said += 1;
    };
    socket.on("error", () => {}); // a client that gives up is what is tried here
    socket.on("data", say);
    say();
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  life.defer("SMTP server", () => new Promise<void>((done) => server.close(() => done())));
  return (server.address() as AddressInfo).port; // a TCP server that listens has one
}

test.each([0, 1, 2, 3, 4, 5])("a server that falls silent after %d words is given up in its time", async (words) => {
  const port = await openSilentServer(words);
  const from = { name: "The Lab", address: "noreply@lab.example" };
  const place: SmtpServer = { host: "127.0.0.1", port, secure: false, from, login: "", password: "" };
  const client = new SmtpClient({ stepMs: 200, silenceMs: 200, sendMs: 20_000 });
  const mail = { to: "ada@example.org", subject: "x", text: "x", html: "x" };
  const failed = client.send(place, mail, new AbortController().signal);
  await expect(failed).rejects.toMatchObject({ code: "ETIMEDOUT" });
  client.close();
});
