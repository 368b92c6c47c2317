/** A run on a cluster that was given to us: images go to its registry, everything into a namespace that is ours alone. */
import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { environment } from "../../src/core/env.ts";
import { buildBundles, buildImages } from "./build.ts";
import { pushImage } from "./buildah.ts";
import { run } from "./command.ts";
import type { Kubectl } from "./deploy/deploy.ts";
import { SERVICE_PORTS } from "./deploy/site.ts";
import { ensurePackages } from "./packages.ts";
import { POSTGRES_IMAGE } from "./postgres-image.ts";
import { PROJECT_IMAGE, SERVICE_IMAGE } from "./product-images.ts";
import { newPassword, type Target } from "./target.ts";

/** Local ports at which the tests reach the deployment, through kubectl. */
export const FORWARDED = { ingress: 15_080, postgres: 15_432 };

/**
 * Builds the images and pushes them. Besides TEST_KUBECONFIG, TEST_REGISTRY names a registry that we may push to and the
 * nodes pull from, and TEST_STORAGE_CLASS a class of volumes that many nodes may write.
 */
export async function openGivenCluster(kubeconfig: string, say: (line: string) => void): Promise<Target> {
  const registry = required("TEST_REGISTRY", "a registry that we may push to and the nodes pull from");
  const className = required("TEST_STORAGE_CLASS", "a storage class whose volumes many nodes may write");
  await ensurePackages(say);
  say("building the app, the server and the images");
  const folder = await mkdtemp(join(tmpdir(), "cocalc-k8s-images-"));
  try {
    await buildBundles();
    await buildImages(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
  const tag = randomBytes(4).toString("hex");
  return {
    kubeconfig,
    site: {
      namespace: `cocalc-test-${tag}`,
      images: {
        service: await push(SERVICE_IMAGE, registry, tag),
        project: await push(PROJECT_IMAGE, registry, tag),
        postgres: await push(POSTGRES_IMAGE, registry, tag),
      },
      password: newPassword(),
      storage: { className },
    },
    origin: `http://127.0.0.1:${FORWARDED.ingress}`,
    database: { host: "127.0.0.1", port: FORWARDED.postgres },
  };
}

/** kubectl of this machine against the given cluster. */
export function kubectlFor(kubeconfig: string): Kubectl {
  return (args, input) => run("kubectl", ["--kubeconfig", kubeconfig, ...args], input === undefined ? {} : { input });
}

/** Keeps a local port connected to a Service until `signal` is aborted: kubectl ends whenever the pod behind does. */
export async function forward(target: Target, name: keyof typeof FORWARDED, signal: AbortSignal): Promise<void> {
  const ports = `${FORWARDED[name]}:${SERVICE_PORTS[name]}`;
  const args = [
    "--kubeconfig",
    target.kubeconfig,
    "-n",
    target.site.namespace,
    "port-forward",
    `service/${name}`,
    ports,
  ];
  while (!signal.aborted) {
    // It ends with an error each time: that is how we learn of it, and the answer is to start it again.
    await run("kubectl", args, { signal }).catch(() => {});
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
}

async function push(image: string, registry: string, tag: string): Promise<string> {
  const name = `${registry}/${image.replace(/^localhost\//, "").replace(/:.*$/, "")}:${tag}`;
  await pushImage(image, name);
  return name;
}

function required(name: string, meaning: string): string {
  const value = environment()[name];
  if (value === undefined || value === "") {
    throw new Error(`With TEST_KUBECONFIG, ${name} has to name ${meaning}.`);
  }
  return value;
}
