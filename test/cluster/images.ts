/** Small images and base file systems that a cluster needs whatever runs on it, kept in the cache as archives. */
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buildImage } from "./buildah.ts";
import { cached } from "./cache.ts";
import { run } from "./command.ts";
import { PAUSE_IMAGE } from "./node-files.ts";

const PAUSE_SOURCE = `
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>
static void end(int signal) { _exit(0); }
static void reap(int signal) { while (waitpid(-1, 0, WNOHANG) > 0) {} }
int main(void) {
  signal(SIGINT, end);
  signal(SIGTERM, end);
  signal(SIGCHLD, reap);
  for (;;) pause();
}
`;

/** The image that holds a pod's namespaces, as an OCI archive. */
export async function ensurePauseImage(): Promise<string> {
  const folder = await cached("pause-1", async (partial) => {
    await writeFile(join(partial, "pause.c"), PAUSE_SOURCE);
    await run("gcc", ["-O2", "-static", "-o", join(partial, "pause"), join(partial, "pause.c")]);
    await writeFile(join(partial, "Dockerfile"), 'FROM scratch\nCOPY pause /pause\nENTRYPOINT ["/pause"]\n');
    await buildImage({ context: partial, image: PAUSE_IMAGE, archive: join(partial, "image.tar") });
  });
  return join(folder, "image.tar");
}

/** A Debian root file system with `packages` on top of a minimal one, as a tar archive. */
export async function ensureBase(name: string, packages: readonly string[]): Promise<string> {
  const folder = await cached(`base-${name}`, async (partial) => {
    const include = packages.length === 0 ? [] : [`--include=${packages.join(",")}`];
    await run("mmdebstrap", ["--variant=minbase", ...include, "bookworm", join(partial, "rootfs.tar")]);
  });
  return join(folder, "rootfs.tar");
}
