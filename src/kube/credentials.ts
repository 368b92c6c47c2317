/** Who we are to the API server, now: tokens and certificates are read again as they rotate. Sends nothing. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { User } from "@kubernetes/client-node/dist/config_types.js";
import { AppError, messageOf } from "../core/errors.ts";
import type { Logger } from "../core/log.ts";
import type { ApiServer } from "./kubeconfig.ts";

/** How long files are taken to be as they were: well under the time for which an outgoing token still works. */
const FRESH_MS = 30_000;

export interface TlsMaterial {
  ca?: string;
  cert?: string;
  key?: string;
  servername?: string;
  rejectUnauthorized?: boolean;
}

export interface ClusterCredentials {
  headers: Record<string, string>;
  tls: TlsMaterial;
  /** Differs when connections have to be made anew. */
  tlsFingerprint: string;
}

/**
 * `current` gives what was read at most half a minute ago. Files that cannot be read keep the last reading alive (a
 * token is renewed long before it ends), and only without one it fails.
 */
export class CredentialSource {
  readonly #apiServer: ApiServer;
  readonly #log: Logger;
  #kept: ClusterCredentials | undefined;
  #readAt = 0;
  #reading: Promise<ClusterCredentials> | undefined;
  #authenticate: ((user: User) => Promise<Partial<Proof>>) | undefined;

  constructor(apiServer: ApiServer, log: Logger) {
    this.#apiServer = apiServer;
    this.#log = log;
  }

  /** @throws AppError `unavailable` when there is nothing to present. */
  async current(): Promise<ClusterCredentials> {
    if (this.#kept && performance.now() - this.#readAt < FRESH_MS) return this.#kept;
    this.#reading ??= this.#read().finally(() => {
      this.#reading = undefined;
    });
    return this.#reading;
  }

  /** The server said 401: the next reading is a new one, also of what a sign-in program remembers. */
  refused(): void {
    this.stale();
    this.#authenticate = undefined;
  }

  /** A connection failed, perhaps because the server has other certificates now: the next reading is a new one. */
  stale(): void {
    this.#readAt = Number.NEGATIVE_INFINITY;
  }

  async #read(): Promise<ClusterCredentials> {
    try {
      this.#kept = await this.#assemble();
      this.#readAt = performance.now();
      return this.#kept;
    } catch (cause) {
      const where = this.#apiServer.source;
      if (!this.#kept) {
        throw new AppError("unavailable", `The credentials of ${where} cannot be read: ${messageOf(cause)}.`, {
          cause,
        });
      }
      this.#log.warn(
        { source: where, err: cause },
        "the Kubernetes credentials cannot be read again, the last ones are used",
      );
      return this.#kept;
    }
  }

  async #assemble(): Promise<ClusterCredentials> {
    const { cluster, user, tokenFile } = this.#apiServer;
    this.#authenticate ??= await authenticatorFor(this.#apiServer);
    const [ca, cert, key, token, plugin] = await Promise.all([
      pem(cluster.caFile, cluster.caData),
      pem(user.certFile, user.certData),
      pem(user.keyFile, user.keyData),
      tokenFile === undefined ? user.token : readFile(tokenFile, "utf8"),
      this.#authenticate?.(user),
    ]);
    const tls = present({
      ca,
      cert: plugin?.cert ?? cert,
      key: plugin?.key ?? key,
      servername: cluster.tlsServerName,
      rejectUnauthorized: cluster.skipTLSVerify ? false : undefined,
    });
    const authorization = plugin?.authorization ?? authorizationOf(user, token?.trim());
    const headers = present({ authorization, "impersonate-user": user.impersonateUser ?? undefined });
    return { headers, tls, tlsFingerprint: createHash("sha256").update(JSON.stringify(tls)).digest("hex") };
  }
}

/** What a user signs in with that a program or a provider knows. */
interface Proof {
  authorization: string;
  cert: string;
  key: string;
}

/** Users that need a program or a provider to sign in. The whole library costs half a second, so it is loaded for those few only. */
async function authenticatorFor({ cluster, user }: ApiServer) {
  if (user.exec) {
    const { ExecAuth } = await import("@kubernetes/client-node/dist/exec_auth.js");
    const exec = new ExecAuth();
    return async (who: User) => {
      const options: { headers: Record<string, string>; cert?: string; key?: string } = { headers: {} };
      await exec.applyAuthentication(who, options);
      return present({ authorization: options.headers.Authorization, cert: options.cert, key: options.key });
    };
  }
  if (!user.authProvider) return undefined;
  const { HttpMethod, KubeConfig, RequestContext } = await import("@kubernetes/client-node");
  const library = new KubeConfig();
  library.loadFromClusterAndUser(cluster, user);
  return async () => {
    const request = new RequestContext(cluster.server, HttpMethod.GET);
    await library.applySecurityAuthentication(request);
    return present({ authorization: request.getHeaders().Authorization });
  };
}

function authorizationOf(user: User, token: string | undefined): string | undefined {
  if (token) return `Bearer ${token}`;
  if (!user.username) return undefined;
  return `Basic ${Buffer.from(`${user.username}:${user.password ?? ""}`).toString("base64")}`;
}

async function pem(file: string | undefined, base64: string | undefined): Promise<string | undefined> {
  if (file) return readFile(file, "utf8");
  return base64 ? Buffer.from(base64, "base64").toString("utf8") : undefined;
}

/** Without the fields that are undefined. */
function present<T extends object>(fields: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>; // only fields were left out
  };
}
