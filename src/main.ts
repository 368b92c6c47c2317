/**
 * Where the process begins: what it loads depends on what was asked. A role that a Deployment starts alone needs no command line, and
 * a project's server listens before anything else is loaded, since a kubelet that is refused once looks again a second later.
 */

import { earlyAddress } from "./boot/early-address.ts";
import { loadProjectBundle } from "./boot/project-bundle.ts";
import { environment } from "./core/env.ts";
import { EarlyListener } from "./net/serve/early-listener.ts";

const [first = "", ...others] = process.argv.slice(2);
const role = others.length === 0 ? /^--role=([a-z-]+)$/.exec(first)?.[1] : undefined;

if (role === undefined) {
  const { main } = await import("./program.ts");
  await main();
} else if (role === "project") {
  const address = earlyAddress(environment());
  const early = address && (await EarlyListener.open(address));
  const bundle = loadProjectBundle(import.meta.dirname);
  const run = bundle?.run ?? (await import("./boot/project-alone.ts")).runProject;
  await run({ early, codeCache: bundle?.codeCache });
} else {
  const { runRole } = await import("./boot/one-role.ts");
  await runRole(role);
}
