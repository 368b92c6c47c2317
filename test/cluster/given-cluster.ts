/** A run on a cluster that was given to us: images go to its registry, everything into a namespace that is ours alone. */
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { environment } from "../../src/core/env.ts";
import { freePort } from "../../src/net/serve/free-port.ts";
import { buildBundles, buildImages } from "./build.ts";
import { run } from "./command.ts";
import type { Kubectl } from "./deploy/deploy.ts";
import { SERVICE_PORTS } from "./deploy/site.ts";
import { ensurePackages, PUSH_PACKAGES } from "./packages.ts";
import { POSTGRES_IMAGE } from "./postgres-image.ts";
import { PROJECT_IMAGE, SERVICE_IMAGE } from "./product-images.ts";
import { newPassword, type Target } from "./target.ts";
import { waitFor } from "./wait.ts";

/**
 * Builds the images and pushes them. Besides TEST_KUBECONFIG, TEST_REGISTRY names a registry that we may push to and the
 * nodes pull from (`http://HOST:PORT` for one without TLS), and TEST_STORAGE_CLASS a class of volumes that many nodes may write.
 */
export async function openGivenCluster(kubeconfig: string, say: (line: string) => void): Promise<Target> {
  const registry = registryOf(required("TEST_REGISTRY", "a registry that we may push to and the nodes pull from"));
  const className = required("TEST_STORAGE_CLASS", "a storage class whose volumes many nodes may write");
  await requireCluster(kubeconfig, className);
  await ensurePackages(PUSH_PACKAGES, say);
  const tag = randomBytes(4).toString("hex");
  const images = await pushImages(registry, tag, say);
  const [ingress, postgres] = [await freePort(), await freePort()];
  return {
    kubeconfig,
    site: { namespace: `cocalc-test-${tag}`, images, password: newPassword(), storage: { className } },
    origin: `http://127.0.0.1:${ingress}`,
    database: { host: "127.0.0.1", port: postgres },
  };
}

/** Where images are pushed to. */
export interface Registry {
  /** Host, port if it is not 443, and path if there is one. */
  name: string;
  /** Without TLS: for a registry on a network that nobody else is on. */
  plain: boolean;
}

/** Fails with the reason before minutes are spent on images for a cluster that cannot take them. */
async function requireCluster(kubeconfig: string, className: string): Promise<void> {
  await run("kubectl", ["version", "--client"]).catch(() => {
    throw new Error("With TEST_KUBECONFIG, kubectl is needed in the PATH.");
  });
  await kubectlFor(kubeconfig)(["get", "storageclass", className]).catch((cause: unknown) => {
    throw new Error(`The cluster of TEST_KUBECONFIG has no storage class ${className}, or does not answer.`, { cause });
  });
}

async function pushImages(registry: Registry, tag: string, say: (line: string) => void) {
  say("building the app, the server and the images");
  const folder = await mkdtemp(join(tmpdir(), "cocalc-k8s-images-"));
  try {
    await buildBundles();
    const archives = await buildImages(folder);
    say(`pushing the images to ${registry.name}`);
    const push = (archive: string, image: string) => pushImage({ archive, image, tag }, registry);
    return {
      service: await push(archives.service, SERVICE_IMAGE),
      project: await push(archives.project, PROJECT_IMAGE),
      postgres: await push(archives.postgres, POSTGRES_IMAGE),
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** Puts an image into the registry, under this tag, and returns its name there. */
async function pushImage(
  { archive, image, tag }: { archive: string; image: string; tag: string },
  { name, plain }: Registry,
): Promise<string> {
  const pushed = `${name}/${image.replace(/^localhost\//, "").replace(/:.*$/, "")}:${tag}`;
  const source = `oci-archive:${archive}:${image}`;
  await run("skopeo", ["copy", "--quiet", `--dest-tls-verify=${!plain}`, source, `docker://${pushed}`]);
  return pushed;
}

/** kubectl of this machine against the given cluster. */
export function kubectlFor(kubeconfig: string): Kubectl {
  return (args, input) => run("kubectl", ["--kubeconfig", kubeconfig, ...args], input === undefined ? {} : { input });
}

/** Keeps the local ports of the target connected to its Services until `signal` is aborted; resolves when they are. */
export async function forwardPorts(target: Target, signal: AbortSignal): Promise<void> {
  const ports = { ingress: Number(new URL(target.origin).port), postgres: target.database.port };
  for (const [service, port] of Object.entries(ports)) {
    void forward(target, { service, port }, signal);
    await waitFor({ what: `kubectl forwards to ${service}`, timeoutMs: 60_000 }, () => isOpen(port));
  }
}

async function isOpen(port: number): Promise<boolean> {
  const socket = connect(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

/** kubectl ends whenever the pod behind a Service does, with an error: that is how we learn of it, and it is started again. */
async function forward(
  { kubeconfig, site }: Target,
  { service, port }: { service: string; port: number },
  signal: AbortSignal,
): Promise<void> {
  const ports = `${port}:${SERVICE_PORTS[service]}`;
  const args = ["--kubeconfig", kubeconfig, "-n", site.namespace, "port-forward", `service/${service}`, ports];
  while (!signal.aborted) {
    await run("kubectl", args, { signal, timeoutMs: 3_600_000 }).catch(() => {});
    await delay(200);
  }
}

function registryOf(text: string): Registry {
  return { name: text.replace(/^https?:\/\//, "").replace(/\/$/, ""), plain: text.startsWith("http://") };
}

function required(name: string, meaning: string): string {
  const value = environment()[name];
  if (value === undefined || value === "") {
    throw new Error(`With TEST_KUBECONFIG, ${name} has to name ${meaning}.`);
  }
  return value;
}
