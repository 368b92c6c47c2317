/** The kept connections to the API server: HTTP/2 where it speaks it, made anew when certificates change or all hang. */

import { Agent, type Dispatcher, ProxyAgent } from "undici";
import { AppError } from "../core/errors.ts";
import type { ClusterCredentials, TlsMaterial } from "./credentials.ts";
import type { ApiServer } from "./kubeconfig.ts";

const KEEP_ALIVE_MS = 60_000;
const CONNECT_TIMEOUT_MS = 10_000;
/** Only a server without HTTP/2 needs as many: one HTTP/2 connection carries 100 calls. */
const MAX_CONNECTIONS = 64;

/** One dispatcher is in use at a time; retired ones live until what runs on them has ended. */
export class Connections {
  readonly #cluster: ApiServer["cluster"];
  readonly #retired = new Set<Dispatcher>();
  #current: Dispatcher | undefined;
  #fingerprint = "";

  constructor({ cluster }: ApiServer) {
    this.#cluster = cluster;
  }

  /** The kept dispatcher, or a new one when the TLS material is another. */
  dispatcher({ tls, tlsFingerprint }: ClusterCredentials): Dispatcher {
    if (this.#current && this.#fingerprint === tlsFingerprint) return this.#current;
    this.#retire();
    this.#fingerprint = tlsFingerprint;
    this.#current = openDispatcher(this.#cluster, tls);
    return this.#current;
  }

  /**
   * Gives up connections that answer nothing; what still waits on them fails. Others may have been opened since: those stay. Nobody waits
   * for their end: a broken connection may never say that it is closed.
   */
  abandon(broken: Dispatcher): void {
    if (this.#current === broken) this.#current = undefined;
    this.#retired.delete(broken);
    void broken.destroy().catch(() => {}); // it is out of use either way
  }

  /** Connections apart from the kept ones; whoever asks for them destroys them. */
  another({ tls }: ClusterCredentials): Dispatcher {
    return openDispatcher(this.#cluster, tls);
  }

  async close(): Promise<void> {
    this.#retire();
    await Promise.all([...this.#retired].map((dispatcher) => dispatcher.destroy()));
    this.#retired.clear();
  }

  #retire(): void {
    const old = this.#current;
    this.#current = undefined;
    if (!old) return;
    this.#retired.add(old);
    void old
      .close()
      .catch(() => {}) // destroyed meanwhile: it is gone either way
      .then(() => this.#retired.delete(old));
  }
}

function openDispatcher(cluster: ApiServer["cluster"], tls: TlsMaterial): Dispatcher {
  const options = {
    allowH2: true,
    connections: MAX_CONNECTIONS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: 10 * KEEP_ALIVE_MS,
  };
  const connect = { ...tls, timeout: CONNECT_TIMEOUT_MS, keepAlive: true, keepAliveInitialDelay: 30_000 };
  if (!cluster.proxyUrl) return new Agent({ ...options, connect });
  if (!cluster.proxyUrl.startsWith("http")) {
    throw new AppError("invalid", `The kubeconfig names the proxy ${cluster.proxyUrl}; only HTTP proxies can be used.`);
  }
  return new ProxyAgent({ ...options, uri: cluster.proxyUrl, requestTls: connect });
}

/** @throws AppError `invalid` for a server that is not spoken to safely. */
export function checkServer({ cluster: { server }, source }: ApiServer): URL {
  const url = URL.parse(server);
  if (!url) throw new AppError("invalid", `${source} names the API server ${server}, which is no URL.`);
  const loopback = ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url.protocol === "https:" || (url.protocol === "http:" && loopback)) return url;
  throw new AppError(
    "invalid",
    `${source} names the API server ${server}; it must be https (or http on this machine).`,
  );
}
