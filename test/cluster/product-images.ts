/** The service and the project image, built from the Dockerfile and the bundle in `dist`, as archives to load on nodes. */
import { createHash } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildImage, importBase } from "./buildah.ts";
import { ensureBase } from "./images.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

export const SERVICE_IMAGE = "localhost/cocalc-k8s-service:test";
export const PROJECT_IMAGE = "localhost/cocalc-k8s-project:test";

/** Builds one of the Dockerfile's targets into `folder`; `npm run build` must have been run. Returns the archive. */
export async function buildProductImage(target: "service" | "project", folder: string): Promise<string> {
  await mkdir(folder, { recursive: true });
  const archive = join(folder, `${target}.tar`);
  await buildImage({
    context: root,
    target,
    arguments: { BASE: await nodeBase(target) },
    image: target === "service" ? SERVICE_IMAGE : PROJECT_IMAGE,
    archive,
  });
  return archive;
}

/** A base like node:24-bookworm-slim: Debian, with the packages that the target asks for and the Node that npm brought. */
export async function nodeBase(target: "service" | "project"): Promise<string> {
  const packages = await packagesOf(target);
  const node = join(root, "node_modules/node/bin/node");
  const { version } = JSON.parse(await readFile(join(root, "node_modules/node/package.json"), "utf8")) as {
    version: string;
  }; // npm made it
  const key = createHash("sha256").update(packages.join(" ")).digest("hex").slice(0, 12);
  const image = `localhost/base-${target}:${version}-${key}`;
  await importBase({
    rootfs: await ensureBase(`${target}-${key}`, packages),
    files: { [node]: "/usr/local/bin/node" },
    image,
  });
  return image;
}

/** The Dockerfile is where they are listed. */
async function packagesOf(target: string): Promise<string[]> {
  const text = await readFile(join(root, "Dockerfile"), "utf8");
  const listed = new RegExp(`^ARG ${target.toUpperCase()}_PACKAGES="([^"]+)"`, "m").exec(text);
  if (listed?.[1] === undefined) {
    throw new Error(`The Dockerfile names no packages for ${target}.`);
  }
  return listed[1].split(" ");
}
