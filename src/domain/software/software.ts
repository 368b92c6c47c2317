/** The software environments of a site, from `software.json` of the ConfigMap `project-image`. Pure. */

import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import { type Software, type SoftwareEnvironment, software } from "../../protocol/software.ts";

export const SOFTWARE_CONFIG_MAP = "project-image";
export const SOFTWARE_KEY = "software.json";

/** Reads the data of the ConfigMap. @throws AppError `invalid` that says what is wrong, where. */
export function parseSoftware(data: Record<string, string> | undefined): Software {
  const text = data?.[SOFTWARE_KEY];
  if (text === undefined) {
    throw invalid(
      `The ConfigMap ${SOFTWARE_CONFIG_MAP} has no key ${SOFTWARE_KEY}; put the site's environments there.`,
    );
  }
  const parsed = software.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data;
  throw invalid(
    `${SOFTWARE_KEY} in the ConfigMap ${SOFTWARE_CONFIG_MAP} is not usable: ${z.prettifyError(parsed.error)}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`${SOFTWARE_KEY} in the ConfigMap ${SOFTWARE_CONFIG_MAP} is not JSON: ${String(cause)}`, { cause });
  }
}

/** Where the environments are known, another one would only fail at the start. @throws AppError `invalid` that names those there are. */
export function checkOffered(known: Software | null, image: string | undefined): void {
  if (known === null || image === undefined || Object.hasOwn(known.environments, image)) return;
  throw invalid(`There is no software environment ${image}; there are ${Object.keys(known.environments).join(", ")}.`);
}

/** The environment of a project: the one it names, or the site's default if that is no longer offered (or it names none). */
export function environmentFor(
  { environments, default: standard }: Software,
  computeImage: string | null,
): SoftwareEnvironment {
  const named =
    computeImage !== null && Object.hasOwn(environments, computeImage) ? environments[computeImage] : undefined;
  const environment = named ?? environments[standard];
  if (environment === undefined) throw invalid(`The default environment ${standard} is not among the environments.`);
  return environment;
}

/** The environment of a project in rescue mode, whatever the project names: its own may be what does not start. */
export function rescueEnvironment(offered: Software): SoftwareEnvironment {
  return environmentFor(offered, offered.rescue ?? null);
}

/** The image with its tag, as a container names it; a tag such as sha256:… is a digest. */
export function imageOf({ registry, tag }: SoftwareEnvironment): string {
  return tag.startsWith("sha256:") ? `${registry}@${tag}` : `${registry}:${tag}`;
}
