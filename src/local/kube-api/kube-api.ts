/** The embedded Kubernetes API: real wire protocol on loopback, for what the product uses and no more. Runs nothing: see kubelet. */

import { randomBytes } from "node:crypto";
import { createSecureServer } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { join } from "node:path";
import { generate } from "selfsigned";
import { AppError } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { makeFolder, writeAtomically } from "../files.ts";
import { Handler } from "./handler.ts";
import { keepObjects } from "./keeping.ts";
import type { LogSource } from "./logs.ts";
import { Store } from "./store.ts";
import { type ApiObject, namespaceType, timestamp } from "./types.ts";

const HOST = "127.0.0.1";
const CERTIFICATE_YEARS = 10;

export interface KubeApiOptions {
  /** Folder of its own, made when missing: `kubeconfig` (0600), `objects.json`. */
  dataDir: string;
  /** Made when missing, beside `default`; the kubeconfig's namespace. */
  namespace: string;
  log: Logger;
  /** 0 or nothing: any free port. */
  port?: number;
  /** Seconds after which old versions are forgotten; see Store. */
  versionsKeptSeconds?: number;
}

export interface KubeApi {
  store: Store;
  /** Path of the kubeconfig file. */
  kubeconfig: string;
  namespace: string;
  origin: string;
  /** Tells where the logs of containers are. */
  serveLogs(source: LogSource): void;
}

/**
 * Opens the API and writes a kubeconfig for it, with a new certificate and token each time.
 * @throws AppError `unavailable` when the port is taken.
 */
export async function openKubeApi(life: Life, options: KubeApiOptions): Promise<KubeApi> {
  const { dataDir, namespace, log } = options;
  await makeFolder(dataDir, 0o700);
  const store = new Store(options);
  const { saved } = await keepObjects(life, store, join(dataDir, "objects.json"));
  for (const name of new Set(["default", namespace])) addNamespace(store, name);
  const token = randomBytes(32).toString("base64url");
  const logs: LogSource[] = [];
  const stopping = new AbortController();
  const { handle } = new Handler({
    store,
    token,
    logs: () => logs.at(-1),
    saved,
    signal: stopping.signal,
    onError: (error) => log.error({ err: error }, "the embedded Kubernetes API failed to answer"),
  });
  const { cert, private: key } = await makeCertificate();
  const server = createSecureServer({ cert, key, allowHTTP1: true, settings: { maxConcurrentStreams: 1000 } }, handle);
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    socket.once("close", () => sockets.delete(socket));
  });
  server.on("sessionError", () => {}); // a client that goes away in the middle is no event of ours
  server.setTimeout(0);
  await listen(server, options.port ?? 0);
  const { port } = server.address() as AddressInfo; // a TCP server that listens has one
  life.defer("embedded Kubernetes API", async () => {
    stopping.abort();
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  const origin = `https://${HOST}:${port}`;
  const kubeconfig = join(dataDir, "kubeconfig");
  await writeAtomically(kubeconfig, kubeconfigText({ origin, cert, token, namespace }));
  return { store, kubeconfig, namespace, origin, serveLogs: (source) => logs.push(source) };
}

function addNamespace(store: Store, name: string): void {
  if (store.get(namespaceType, undefined, name)) return;
  const metadata = {
    name,
    uid: crypto.randomUUID(),
    creationTimestamp: timestamp(),
    labels: { "kubernetes.io/metadata.name": name },
  };
  const object: ApiObject = {
    apiVersion: "v1",
    kind: "Namespace",
    metadata,
    spec: { finalizers: ["kubernetes"] },
    status: { phase: "Active" },
  };
  store.put(namespaceType, object);
}

async function makeCertificate() {
  const notAfterDate = new Date();
  notAfterDate.setFullYear(notAfterDate.getFullYear() + CERTIFICATE_YEARS);
  return generate([{ name: "commonName", value: "cocalc-k8s local" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate,
    extensions: [
      { name: "basicConstraints", cA: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 7, ip: HOST },
          { type: 2, value: "localhost" },
        ],
      },
    ],
  });
}

async function listen(server: ReturnType<typeof createSecureServer>, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new AppError("unavailable", `The embedded Kubernetes API cannot listen on ${HOST}:${port}.`, { cause })),
    );
    server.listen(port, HOST, resolve);
  });
}

interface Access {
  origin: string;
  cert: string;
  token: string;
  namespace: string;
}

/** A kubeconfig; JSON is YAML. */
function kubeconfigText({ origin, cert, token, namespace }: Access): string {
  const name = "cocalc-local";
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [
      { name, cluster: { server: origin, "certificate-authority-data": Buffer.from(cert).toString("base64") } },
    ],
    users: [{ name, user: { token } }],
    contexts: [{ name, context: { cluster: name, user: name, namespace } }],
    "current-context": name,
  };
  return `${JSON.stringify(config, undefined, 2)}\n`;
}
