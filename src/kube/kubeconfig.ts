/** Finds and reads the description of the cluster: kubeconfig files or a pod's service account. It sends nothing. */

import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, dirname, isAbsolute, join } from "node:path";
import {
  type Cluster,
  newClusters,
  newContexts,
  newUsers,
  type User,
} from "@kubernetes/client-node/dist/config_types.js";
import { AppError, codeOf, isError, messageOf } from "../core/errors.ts";
import { hostInUrl } from "../core/host-in-url.ts";
import type { KubeConfig } from "./config.ts";

const SERVICE_ACCOUNT = "/var/run/secrets/kubernetes.io/serviceaccount";

/** One API server, who we are there, and the namespace we work in. */
export interface ApiServer {
  cluster: Cluster;
  user: User;
  /** File with a bearer token that somebody rotates. */
  tokenFile: string | undefined;
  namespace: string;
  /** Where this was read: for messages. */
  source: string;
}

interface Loaded {
  clusters: Cluster[];
  users: (User & { tokenFile?: string })[];
  contexts: ReturnType<typeof newContexts>;
  current: string | undefined;
}

/**
 * The API server that the configuration means.
 * @throws AppError `invalid` when nothing describes one, or what does is broken.
 */
export async function readApiServer(config: KubeConfig, serviceAccount = SERVICE_ACCOUNT): Promise<ApiServer> {
  if (config.kubeconfig !== undefined) return fromFiles(config.kubeconfig.split(delimiter).filter(Boolean), config);
  if (config.serviceHost !== undefined) return fromServiceAccount(config, serviceAccount);
  const file = join(homedir(), ".kube", "config");
  try {
    return await fromFiles([file], config);
  } catch (cause) {
    if (!isMissing(cause)) throw cause;
    throw new AppError("invalid", "No Kubernetes cluster is named: set KUBECONFIG, or run in a pod.", { cause });
  }
}

async function fromServiceAccount(config: KubeConfig, folder: string): Promise<ApiServer> {
  const namespace = config.namespace ?? (await readFile(join(folder, "namespace"), "utf8").catch(() => "")).trim();
  return {
    cluster: {
      name: "in-cluster",
      server: `https://${hostInUrl(config.serviceHost ?? "")}:${config.servicePort}`,
      caFile: join(folder, "ca.crt"),
      skipTLSVerify: false,
    },
    user: { name: "service-account" },
    tokenFile: join(folder, "token"),
    namespace: namespace || "default",
    source: "the pod's service account",
  };
}

async function fromFiles(files: string[], config: KubeConfig): Promise<ApiServer> {
  const loaded = await Promise.all(files.map(loadFile));
  const source = files.join(delimiter);
  const contextName = config.context ?? loaded.find(({ current }) => current !== undefined)?.current;
  const context = loaded.flatMap(({ contexts }) => contexts).find(({ name }) => name === contextName);
  if (!context) throw broken(source, `its context ${contextName ?? "(no current-context)"} is not there`);
  const cluster = loaded.flatMap(({ clusters }) => clusters).find(({ name }) => name === context.cluster);
  if (!cluster) throw broken(source, `its cluster ${context.cluster} is not there`);
  const user = loaded.flatMap(({ users }) => users).find(({ name }) => name === context.user) ?? { name: "" };
  return {
    cluster,
    user,
    tokenFile: "tokenFile" in user ? user.tokenFile : undefined,
    namespace: config.namespace ?? context.namespace ?? "default",
    source,
  };
}

async function loadFile(file: string): Promise<Loaded> {
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new AppError("invalid", `The kubeconfig ${file} cannot be read: ${messageOf(cause)}.`, { cause });
  });
  try {
    return absolute(parseKubeconfig(await parse(text)), dirname(file));
  } catch (cause) {
    throw broken(file, messageOf(cause), cause);
  }
}

/** JSON is parsed as such; the YAML parser costs 30 ms and is loaded only for YAML. */
async function parse(text: string): Promise<unknown> {
  if (text.trimStart().startsWith("{")) return JSON.parse(text);
  const yaml = await import("yaml");
  return yaml.parse(text);
}

function parseKubeconfig(raw: unknown): Loaded {
  if (typeof raw !== "object" || raw === null) throw new Error("it is empty");
  const document = raw as Record<string, unknown>; // an object; what it holds is checked by the library's readers
  const current = document["current-context"];
  const rawUsers = Array.isArray(document.users) ? document.users : [];
  return {
    clusters: newClusters(document.clusters),
    users: newUsers(rawUsers).map((user, i) => ({ ...user, ...tokenFileOf(rawUsers[i]?.user) })),
    contexts: newContexts(document.contexts),
    current: typeof current === "string" && current !== "" ? current : undefined,
  };
}

/** The library reads `token-file` once; the documented field is `tokenFile`, and it rotates. */
function tokenFileOf(user: unknown): { tokenFile?: string } {
  if (typeof user !== "object" || user === null || !("tokenFile" in user)) return {};
  return typeof user.tokenFile === "string" && user.tokenFile !== "" ? { tokenFile: user.tokenFile } : {};
}

function absolute(loaded: Loaded, folder: string): Loaded {
  const resolve = <K extends string>(object: { [P in K]?: string }, keys: K[]) => {
    for (const key of keys) {
      const path = object[key];
      if (path && !isAbsolute(path)) object[key] = join(folder, path);
    }
  };
  for (const cluster of loaded.clusters) resolve(cluster, ["caFile"]);
  for (const user of loaded.users) resolve(user, ["certFile", "keyFile", "tokenFile"]);
  return loaded;
}

function broken(file: string, why: string, cause?: unknown): AppError {
  return new AppError("invalid", `The kubeconfig ${file} is not usable: ${why}.`, { cause });
}

function isMissing(error: unknown): boolean {
  return isError(error) && codeOf(error.cause) === "ENOENT";
}
