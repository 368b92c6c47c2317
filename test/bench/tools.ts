/** The programs that benchmarks compare with and load with: installed from Debian where they are lacking. */

import { execFile } from "node:child_process";
import { access } from "node:fs/promises";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Program → the Debian package that brings it. */
const PACKAGES = { "/usr/sbin/nginx": "nginx-light", "/usr/bin/wrk": "wrk" };

/** Makes sure nginx and wrk are there. @throws when they are not and cannot be installed. */
export async function ensureTools(): Promise<void> {
  const lacking: string[] = [];
  for (const [program, debianPackage] of Object.entries(PACKAGES)) {
    await access(program).catch(() => lacking.push(debianPackage)); // not there: to be installed
  }
  if (lacking.length === 0) return;
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  await run("apt-get", ["update", "-q"], { env });
  await run("apt-get", ["install", "-q", "-y", "--no-install-recommends", ...lacking], { env });
}
