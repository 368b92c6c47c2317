/** Builds images with buildah, without any daemon and without the kernel features that a nested machine lacks. */
import { join } from "node:path";
import { cacheFolder, withFileLock } from "./cache.ts";
import { run } from "./command.ts";

export interface ImageBuild {
  /** The folder that the Dockerfile's COPY lines read from. */
  context: string;
  /** The Dockerfile; that of the context if not said. */
  file?: string;
  target?: string;
  arguments?: Record<string, string>;
  /** The name of the image, for example `localhost/pause:1`. */
  image: string;
  /** Where the OCI archive goes. */
  archive: string;
}

/** Builds one image straight into an OCI archive: the store of our own keeps bases alone, and no layer of any build. */
export async function buildImage(build: ImageBuild): Promise<void> {
  await withFileLock(join(cacheFolder(), "buildah.lock"), async () => {
    const target = build.target === undefined ? [] : ["--target", build.target];
    const args = Object.entries(build.arguments ?? {}).flatMap(([key, value]) => ["--build-arg", `${key}=${value}`]);
    const file = build.file ?? join(build.context, "Dockerfile");
    const to = ["--tag", `oci-archive:${build.archive}:${build.image}`];
    await buildah(["bud", "--isolation", "chroot", ...to, ...target, ...args, "--file", file, build.context]);
  });
}

export interface Base {
  rootfs: string;
  /** Files of this machine to add, and where. */
  files: Record<string, string>;
  image: string;
}

/** Makes an image of a root file system, for a Dockerfile to build upon; does nothing when it is there. */
export async function importBase({ rootfs, files, image }: Base): Promise<void> {
  await withFileLock(join(cacheFolder(), "buildah.lock"), async () => {
    const known = await buildah(["images", "--quiet", "--filter", `reference=${image}`]);
    if (known.trim() !== "") {
      return;
    }
    const container = (await buildah(["from", "scratch"])).trim();
    await buildah(["add", "--quiet", container, rootfs, "/"]);
    for (const [from, to] of Object.entries(files)) {
      await buildah(["add", "--quiet", container, from, to]);
    }
    await buildah(["commit", "--quiet", "--rm", container, image]);
  });
}

async function buildah(args: string[]): Promise<string> {
  const store = join(cacheFolder(), "buildah");
  return run("buildah", ["--storage-driver", "vfs", "--root", store, "--runroot", join(store, "run"), ...args]);
}
