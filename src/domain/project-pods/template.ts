/** The pod template of the ConfigMap `project-pod`: parsed and looked over, with nothing filled in. Pure. */

import { z } from "zod";
import { invalid } from "../../core/errors.ts";
import type { Pod } from "../../kube/types.ts";

export const TEMPLATE_CONFIG_MAP = "project-pod";
export const TEMPLATE_KEY = "project.json";

const container = z.looseObject({
  name: z.string().min(1),
  image: z.string().min(1),
  env: z.array(z.looseObject({ name: z.string().min(1), value: z.string().optional() })).optional(),
});

const template = z.looseObject({
  apiVersion: z.literal("v1").default("v1"),
  kind: z.literal("Pod").default("Pod"),
  metadata: z
    .looseObject({
      labels: z.record(z.string(), z.string()).optional(),
      annotations: z.record(z.string(), z.string()).optional(),
    })
    .default({}),
  spec: z.looseObject({ containers: z.array(container).min(1) }),
});

/** A template: a pod that has no name yet. */
export type PodTemplate = Omit<Pod, "metadata"> & { metadata: Omit<Pod["metadata"], "name"> };

/** Reads the data of the ConfigMap. @throws AppError `invalid` that says what is wrong, where. */
export function parseTemplate(data: Record<string, string> | undefined): PodTemplate {
  const text = data?.[TEMPLATE_KEY];
  if (text === undefined) {
    throw invalid(`The ConfigMap ${TEMPLATE_CONFIG_MAP} has no key ${TEMPLATE_KEY}; put the pod template there.`);
  }
  const parsed = template.safeParse(jsonOf(text));
  if (parsed.success) return parsed.data as PodTemplate; // what we read of it has just been checked, the rest is the API server's to judge
  throw invalid(
    `${TEMPLATE_KEY} in the ConfigMap ${TEMPLATE_CONFIG_MAP} is not a pod template: ${z.prettifyError(parsed.error)}`,
  );
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw invalid(`${TEMPLATE_KEY} in the ConfigMap ${TEMPLATE_CONFIG_MAP} is not JSON: ${String(cause)}`, { cause });
  }
}
