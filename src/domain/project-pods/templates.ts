/** The two ConfigMaps that say what a project's pod is, kept up to date: an administrator's edit applies to the next start. */

import { AppError, messageOf, unavailable } from "../../core/errors.ts";
import type { Life } from "../../core/life.ts";
import type { Logger } from "../../core/log.ts";
import { gauge, type Metrics } from "../../core/metrics.ts";
import { configMaps } from "../../kube/resources.ts";
import type { ConfigMap, Kube, Reflector } from "../../kube/types.ts";
import type { Software } from "../../protocol/software.ts";
import { parseSoftware, SOFTWARE_CONFIG_MAP } from "../software/software.ts";
import { type PodTemplate, parseTemplate, TEMPLATE_CONFIG_MAP } from "./template.ts";

interface Parts {
  kube: Kube;
  log: Logger;
  metrics: Metrics;
}

/** The last good parse of a ConfigMap, or why there is none. */
type Parsed<T> = { value: T } | { error: AppError };

/** One ConfigMap, parsed again whenever it changes. */
class Watched<T> {
  readonly synced: Promise<void>;
  #parsed: Parsed<T>;

  constructor(life: Life, { kube, log, metrics }: Parts, { name, parse }: { name: string; parse: Parse<T> }) {
    this.#parsed = { error: unavailable(`The ConfigMap ${name} has not been read yet; Kubernetes may be away.`) };
    const valid = gauge(metrics, {
      name: "cocalc_project_config_valid",
      help: "1 while this ConfigMap is there and can be used for starts.",
      labels: ["config_map"],
    });
    const look = (object: ConfigMap | undefined) => {
      this.#parsed = attempt(name, object, parse);
      valid.set({ config_map: name }, "value" in this.#parsed ? 1 : 0);
      if ("error" in this.#parsed) {
        log.warn({ configMap: name, reason: this.#parsed.error.message }, "projects cannot be started");
      }
    };
    const reflector: Reflector<ConfigMap> = kube.openReflector(life, {
      resource: configMaps,
      fieldSelector: `metadata.name=${name}`,
      onChange: (_name, now) => look(now),
      onRelist: (objects) => objects.length === 0 && look(undefined),
    });
    this.synced = reflector.synced;
  }

  /** @throws AppError that says what is wrong with it. */
  get value(): T {
    if ("error" in this.#parsed) throw this.#parsed.error;
    return this.#parsed.value;
  }
}

type Parse<T> = (data: Record<string, string> | undefined) => T;

function attempt<T>(name: string, object: ConfigMap | undefined, parse: Parse<T>): Parsed<T> {
  try {
    if (object === undefined)
      throw new AppError(
        "invalid",
        `There is no ConfigMap ${name}; create it: docs/administration.md tells what is in it.`,
      );
    return { value: parse(object.data) };
  } catch (error) {
    return { error: error instanceof AppError ? error : new AppError("invalid", messageOf(error), { cause: error }) };
  }
}

export class ProjectTemplates {
  readonly #template: Watched<PodTemplate>;
  readonly #software: Watched<Software>;

  constructor(life: Life, parts: Parts) {
    this.#template = new Watched(life, parts, { name: TEMPLATE_CONFIG_MAP, parse: parseTemplate });
    this.#software = new Watched(life, parts, { name: SOFTWARE_CONFIG_MAP, parse: parseSoftware });
  }

  /** Resolves when both have been looked for once. */
  get synced(): Promise<unknown> {
    return Promise.all([this.#template.synced, this.#software.synced]);
  }

  /** @throws AppError `invalid` with the reason, `unavailable` before the first look. */
  get template(): PodTemplate {
    return this.#template.value;
  }

  /** @throws AppError as `template` does. */
  get software(): Software {
    return this.#software.value;
  }
}
