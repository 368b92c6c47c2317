import { mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import { temporaryFolder } from "../../test/helpers/folder.ts";
import { testLives } from "../../test/helpers/life.ts";
import { keptLog, testLog } from "../../test/helpers/log.ts";
import { readConfig } from "../core/config.ts";
import { kubeConfig } from "./config.ts";
import { checkServer } from "./connections.ts";
import { CredentialSource } from "./credentials.ts";
import { readApiServer } from "./kubeconfig.ts";

const life = testLives();
const config = (env: Record<string, string>) => readConfig(kubeConfig, env);

interface Parts {
  user?: object;
  cluster?: object;
  namespace?: string;
}

const document = ({ user = { token: "t" }, cluster = {}, namespace }: Parts = {}) => ({
  clusters: [{ name: "c", cluster: { server: "https://api.test:6443/", ...cluster } }],
  users: [{ name: "u", user }],
  contexts: [{ name: "x", context: { cluster: "c", user: "u", ...(namespace && { namespace }) } }],
  "current-context": "x",
});

async function file(parts: Parts = {}, name = "config"): Promise<string> {
  const path = join(await temporaryFolder(life()), name);
  await writeFile(path, JSON.stringify(document(parts)));
  return path;
}

async function credentialsOf(parts: Parts) {
  const apiServer = await readApiServer(config({ KUBECONFIG: await file(parts) }));
  return new CredentialSource(apiServer, testLog()).current();
}

describe("which cluster", () => {
  test("a kubeconfig's current context, its namespace, and ours above it", async () => {
    const path = await file({ namespace: "theirs" });
    const apiServer = await readApiServer(config({ KUBECONFIG: path }));
    expect(apiServer).toMatchObject({ namespace: "theirs", cluster: { server: "https://api.test:6443" } });
    expect((await readApiServer(config({ KUBECONFIG: path, COCALC_NAMESPACE: "ours" }))).namespace).toBe("ours");
    expect((await readApiServer(config({ KUBECONFIG: await file() }))).namespace).toBe("default");
  });

  test("a kubeconfig may be YAML", async () => {
    const path = join(await temporaryFolder(life()), "config.yaml");
    await writeFile(
      path,
      "clusters:\n- name: c\n  cluster: {server: 'https://y:1'}\ncontexts:\n- name: x\n  context: {cluster: c, user: u}\ncurrent-context: x\n",
    );
    expect((await readApiServer(config({ KUBECONFIG: path }))).cluster.server).toBe("https://y:1");
  });

  test("of several files the first that names a thing wins", async () => {
    const [a, b] = [await file({ namespace: "first" }), await file({ namespace: "second" })];
    expect((await readApiServer(config({ KUBECONFIG: `${a}:${b}` }))).namespace).toBe("first");
  });

  test("in a pod the service account", async () => {
    const folder = await temporaryFolder(life());
    await writeFile(join(folder, "namespace"), "cocalc\n");
    await writeFile(join(folder, "token"), "abc\n");
    await writeFile(join(folder, "ca.crt"), "CA");
    const apiServer = await readApiServer(
      config({ KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443" }),
      folder,
    );
    expect(apiServer).toMatchObject({ namespace: "cocalc", cluster: { server: "https://10.0.0.1:443" } });
    const { headers, tls } = await new CredentialSource(apiServer, testLog()).current();
    expect(headers).toEqual({ authorization: "Bearer abc" });
    expect(tls).toEqual({ ca: "CA" });
    const six = await readApiServer(config({ KUBERNETES_SERVICE_HOST: "fd00::1" }), folder);
    expect(six.cluster.server).toBe("https://[fd00::1]:443");
  });

  test.each([
    ["no such file", undefined, /cannot be read/],
    ["nonsense", "{", /not usable/],
    ["nothing", "", /not usable/],
    ["no context", "{}", /context/],
  ])("%s is told with the file's name", async (_what, text, message) => {
    const path = join(await temporaryFolder(life()), "broken");
    if (text !== undefined) await writeFile(path, text);
    await expect(readApiServer(config({ KUBECONFIG: path }))).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(message),
    });
    await expect(readApiServer(config({ KUBECONFIG: path }))).rejects.toThrow(path);
  });
});

test.each([
  ["http://api.test:8080", false],
  ["ftp://api.test", false],
  ["api.test", false],
  ["http://127.0.0.1:8001", true],
  ["http://localhost:8001", true],
  ["https://api.test/k8s/clusters/c-1", true],
])("an API server at %s may be spoken to: %s", async (server, allowed) => {
  const apiServer = await readApiServer(config({ KUBECONFIG: await file({ cluster: { server } }) }));
  if (allowed) expect(checkServer(apiServer).href.replace(/\/$/, "")).toBe(server);
  else expect(() => checkServer(apiServer)).toThrow(expect.objectContaining({ code: "invalid" }));
});

describe("who we are there", () => {
  test("token, password, impersonation", async () => {
    expect((await credentialsOf({ user: { token: "t", as: "jane" } })).headers).toEqual({
      authorization: "Bearer t",
      "impersonate-user": "jane",
    });
    expect((await credentialsOf({ user: { username: "a", password: "b" } })).headers).toEqual({
      authorization: `Basic ${Buffer.from("a:b").toString("base64")}`,
    });
  });

  test("certificates in the file or beside it, and what to trust", async () => {
    const path = await file({
      user: { "client-certificate": "me.crt", "client-key-data": Buffer.from("KEY").toString("base64") },
      cluster: { "insecure-skip-tls-verify": true, "tls-server-name": "kubernetes" },
    });
    await writeFile(join(path, "../me.crt"), "CERT");
    const { tls } = await new CredentialSource(await readApiServer(config({ KUBECONFIG: path })), testLog()).current();
    expect(tls).toEqual({ cert: "CERT", key: "KEY", servername: "kubernetes", rejectUnauthorized: false });
  });

  test("a program that signs in", async () => {
    const credential = '{"status":{"token":"from-program"}}';
    const user = { exec: { command: "/bin/sh", args: ["-c", `echo '${credential}'`] } };
    expect((await credentialsOf({ user })).headers).toEqual({ authorization: "Bearer from-program" });
  });

  test("a provider that only the whole library knows", async () => {
    const user = {
      "auth-provider": { name: "gcp", config: { "access-token": "from-provider", expiry: "2999-01-01" } },
    };
    expect((await credentialsOf({ user })).headers).toEqual({ authorization: "Bearer from-provider" });
  });

  test("a token that rotates is read again; while its file is missing the last one is used", async () => {
    const path = await file({ user: { tokenFile: "token" } });
    const token = join(path, "../token");
    const { log, lines } = keptLog();
    const source = new CredentialSource(await readApiServer(config({ KUBECONFIG: path })), log);
    await expect(source.current()).rejects.toMatchObject({ code: "unavailable" });
    await writeFile(token, "one");
    expect((await source.current()).headers.authorization).toBe("Bearer one");
    await writeFile(token, "two");
    expect((await source.current()).headers.authorization).toBe("Bearer one");
    source.refused();
    expect((await source.current()).headers.authorization).toBe("Bearer two");
    await rm(token);
    await mkdir(token);
    source.refused();
    expect((await source.current()).headers.authorization).toBe("Bearer two");
    expect(lines).toMatchObject([{ level: "warn" }]);
  });

  test("another CA asks for new connections, another token does not", async () => {
    const fingerprint = async (parts: Parts) => (await credentialsOf(parts)).tlsFingerprint;
    const ca = (text: string) => ({ "certificate-authority-data": Buffer.from(text).toString("base64") });
    const one = await fingerprint({ user: { token: "a" }, cluster: ca("one") });
    expect(await fingerprint({ user: { token: "b" }, cluster: ca("one") })).toBe(one);
    expect(await fingerprint({ user: { token: "a" }, cluster: ca("two") })).not.toBe(one);
  });
});
