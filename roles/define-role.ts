/** What a role is: a module that is started on a life, with the parts of its process, and its own configuration. */

import type { z } from "zod";
import type { ConfigSchema } from "../src/core/config.ts";
import type { Life } from "../src/core/life.ts";
import type { Logger } from "../src/core/log.ts";
import type { Metrics } from "../src/core/metrics.ts";
import type { Db } from "../src/db/db.ts";
import type { KubeRights } from "../src/kube/rights.ts";
import type { Kube } from "../src/kube/types.ts";
import type { Listen } from "../src/net/serve/serve.ts";
import type { RoleName } from "./names.ts";

/** Which of the shared parts a role opens; `config` and `doctor` tell their variables with the role's. */
export interface Needs {
  db?: boolean;
  /** The cluster, and all that it does there: what an installation grants is made of this. */
  kube?: KubeRights;
  /** What it does there besides, by the name of the variable that is `yes` for it. */
  kubeWhere?: { readonly [variable: string]: KubeRights };
  /** Listens for HTTP: is given an address by the process. */
  http?: boolean;
}

/** A readiness check: undefined while all is well, or what is wrong, in words. */
export type Check = () => string | undefined;

/** The parts that all roles of a process share; each is opened when a role first asks, and then is the same for all. */
export interface Parts {
  log: Logger;
  metrics: Metrics;
  /** The database: one pool, one LISTEN connection, one connection for all locks. */
  db(): Promise<Db>;
  /** The Kubernetes client. */
  kube(): Promise<Kube>;
  /** Adds a check to `/readyz` of this process. */
  readiness(name: string, check: Check): void;
  /** Where this role listens. */
  listen: Listen;
  /** Announces where a role of this process listens, and tells where another one does: an origin such as http://127.0.0.1:5000. */
  addresses: {
    announce(role: RoleName, origin: string): void;
    of(role: RoleName): string;
  };
}

export interface Role<Schema extends ConfigSchema = ConfigSchema> {
  name: RoleName;
  /** One line for `roles`. */
  summary: string;
  needs: Needs;
  /** All that this role reads from the environment, besides the fragments of its needs. */
  config: Schema;
  /** Resolves when it serves; every open registers its own undo on `life`. */
  start(life: Life, parts: Parts, config: z.infer<Schema>): Promise<void>;
}

/** Only ties the types together. */
export function defineRole<Schema extends ConfigSchema>(role: Role<Schema>): Role<Schema> {
  return role;
}
