/** Makes the body of a project's pod from what is known now: templates, the quota, keys. It posts nothing. */

import type { Life } from "../../src/core/life.ts";
import type { Logger } from "../../src/core/log.ts";
import type { Metrics } from "../../src/core/metrics.ts";
import type { Db } from "../../src/db/db.ts";
import { type PlacementRules, placementOf } from "../../src/domain/project-pods/placement.ts";
import { renderPod } from "../../src/domain/project-pods/render.ts";
import type { PodTemplate } from "../../src/domain/project-pods/template.ts";
import { ProjectTemplates } from "../../src/domain/project-pods/templates.ts";
import type { Settings } from "../../src/domain/settings/settings.ts";
import { allowedPatches } from "../../src/domain/settings/values.ts";
import { publicKeys } from "../../src/domain/signing-keys/signing-keys.ts";
import { environmentFor, rescueEnvironment } from "../../src/domain/software/software.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Kube, Pod } from "../../src/kube/types.ts";
import type { RunQuota } from "../../src/protocol/quotas.ts";

/** How old the hubs' public keys may be: a key is signed with only after it is long known. */
const KEYS_MS = 30_000;

interface Parts {
  db: Db;
  kube: Kube;
  log: Logger;
  metrics: Metrics;
  settings: Settings;
  /** `basePath`: below which the site is served; "" for none. */
  config: PlacementRules & { basePath: string };
}

export class PodMaker {
  readonly #db: Db;
  readonly #config: Parts["config"];
  readonly #settings: Settings;
  readonly #templates: ProjectTemplates;
  #keys: { value: Promise<object>; untilMs: number } | undefined;

  constructor(life: Life, parts: Parts) {
    this.#templates = new ProjectTemplates(life, parts);
    this.#db = parts.db;
    this.#settings = parts.settings;
    this.#config = parts.config;
  }

  /** Resolves when what pods are made from has been looked for. */
  get synced(): Promise<unknown> {
    return this.#templates.synced;
  }

  /** What a pod is made from that asks for nothing special; undefined: there is no template that can be used. */
  get plainPod(): Pick<PodTemplate, "spec"> | undefined {
    try {
      const { spec } = this.#templates.template;
      return { spec: { ...spec, ...placementOf(spec, this.#config, { pool: undefined, gpu: false }) } };
    } catch {
      return undefined; // `check` tells why
    }
  }

  /** Resolves when a pod could be made. @throws AppError `invalid` with the reason, `unavailable` before the ConfigMaps were read. */
  check(): void {
    void this.#templates.template;
    void this.#templates.software;
  }

  /** The pod's body. @throws AppError as `check` does. */
  async make(
    row: ServiceRow,
    of: { projectId: string; ticket: number; requestTime: string; quota: RunQuota; rescue: boolean },
  ): Promise<Pod> {
    const { software } = this.#templates;
    return renderPod({
      ...of,
      template: this.#templates.template,
      environment: of.rescue ? rescueEnvironment(software) : environmentFor(software, row.compute_image),
      env: of.rescue ? {} : (row.env ?? {}),
      hubKeys: await this.#hubKeys(),
      basePath: this.#config.basePath,
      placement: this.#config,
      allowedPatches: allowedPatches((await this.#settings.known()).values),
    });
  }

  #hubKeys(): Promise<object> {
    if (this.#keys === undefined || this.#keys.untilMs < Date.now()) {
      const value = publicKeys(this.#db);
      this.#keys = { value, untilMs: Date.now() + KEYS_MS };
      value.catch(() => {
        this.#keys = undefined; // the next start asks again; this one is told by its own await
      });
    }
    return this.#keys.value;
  }
}
