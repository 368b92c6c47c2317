/** Starts roles that are loaded: all with the same parts, each with its own configuration and address. */

import type { AnyRole } from "../../roles/index.ts";
import { readConfig } from "../core/config.ts";
import type { Environment } from "../core/env.ts";
import { AppError, isAppError, messageOf } from "../core/errors.ts";
import type { Life } from "../core/life.ts";
import type { Logger } from "../core/log.ts";
import { openMetrics } from "../core/metrics.ts";
import type { EarlyListener } from "../net/serve/early-listener.ts";
import type { Serving } from "../net/serve/serve.ts";
import { serveAdmin } from "./admin-server.ts";
import { type Openers, openSharedParts, type SharedParts } from "./parts.ts";
import { type ProcessConfig, processConfig } from "./process-config.ts";
import { Starting } from "./starting.ts";

export interface Started {
  admin: Serving;
  parts: SharedParts;
}

interface ServeOptions {
  roles: readonly AnyRole[];
  openers: Openers;
  env: Environment;
  log: Logger;
  /** Listens already for a role that is alone. */
  early?: EarlyListener | undefined;
}

/** Starts the roles, then says ready. A role that cannot start stops all; the error names it. */
export async function serveRoles(life: Life, { roles, openers, env, log, early }: ServeOptions): Promise<Started> {
  const config = readConfig(processConfig, env);
  const names = roles.map(({ name }) => name);
  const configs = readAll(roles, env);
  const metrics = openMetrics();
  life.defer("metrics", () => metrics.clear());
  const starting = new Starting(names, { metrics });
  // Made before the roles, and so undone after them: what they still answer may need the database.
  const shared = life.child("shared parts");
  const parts = openSharedParts(shared, {
    openers,
    env,
    log,
    metrics,
    applicationName: applicationNameOf(names),
    servesPeople: roles.some(({ needs }) => needs.http),
  });
  parts.readiness("start", () => starting.problem());
  const listen = { host: config.adminHost, port: config.adminPort };
  const admin = await serveAdmin(life, { listen, log, metrics, report: parts.report });
  for (const [index, role] of roles.entries()) {
    const listen = { ...addressFor(role, roles, config), early };
    const own = { ...parts, log: log.child({ role: role.name }), listen };
    const begun = performance.now();
    await role.start(life.child(role.name), starting.begin(role.name, own), configs[index]).catch((cause: unknown) => {
      if (isAppError(cause)) throw cause.message.startsWith(role.name) ? cause : named(role, cause);
      throw new Error(`${role.name} could not start: ${messageOf(cause)}`, { cause });
    });
    starting.serves(role.name);
    own.log.info({ startMs: Math.round(performance.now() - begun) }, "the role serves");
  }
  return { admin, parts };
}

function named({ name }: AnyRole, { code, message }: AppError): AppError {
  return new AppError(code, `${name} could not start: ${message}`);
}

/** How this process is called in `pg_stat_activity`, which cuts names at 63 bytes; ours get a suffix for special connections. */
function applicationNameOf(names: readonly string[]): string {
  return names.length === 1 ? `cocalc-k8s ${names[0]}` : `cocalc-k8s ${names.length} roles`;
}

/** Every role's configuration, or one error with the problems of all of them. */
function readAll(roles: readonly AnyRole[], env: Environment): unknown[] {
  const problems: string[] = [];
  const configs = roles.map((role) => {
    try {
      return readConfig(role.config, env);
    } catch (error) {
      problems.push(`${role.name}: ${messageOf(error)}`);
      return undefined;
    }
  });
  if (problems.length > 0) throw new AppError("invalid", problems.join("\n"));
  return configs;
}

/** A role alone has PORT; with several, `ingress` has it and the others listen where only this machine reaches them. */
function addressFor(role: AnyRole, roles: readonly AnyRole[], config: ProcessConfig): { host: string; port: number } {
  const alone = roles.filter(({ needs }) => needs.http).length === 1;
  if (alone || role.name === "ingress") return { host: config.host, port: config.port };
  return { host: "127.0.0.1", port: 0 };
}
