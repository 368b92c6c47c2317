/** The environment and the command of a container: values from everywhere, and paths of mounts put into this machine's terms. */

import { bytesOf, coresOf } from "../../core/quantities.ts";
import { asObject, asText, isObject, type Json } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, type ApiType, configMapType, secretType } from "../kube-api/types.ts";
import type { ContainerPlan } from "./pod-plan.ts";

/** Thrown when a container cannot be made of what its spec names; becomes CreateContainerConfigError. */
export class ConfigError extends Error {}

/** Where a mount path is on this machine. */
export interface Mapping {
  mountPath: string;
  folder: string;
}

export interface EnvironmentSources {
  store: Store;
  pod: ApiObject;
  podIp: string;
  container: ContainerPlan;
}

/** The variables that a container's spec names, in its order, references expanded. @throws ConfigError */
export function specifiedEnv(sources: EnvironmentSources): Record<string, string> {
  const env: Record<string, string> = {};
  for (const source of sources.container.envFrom) Object.assign(env, fromWhole(sources, source));
  for (const entry of sources.container.env) {
    const value = entry.valueFrom === undefined ? asText(entry.value) : valueFrom(sources, asObject(entry.valueFrom));
    if (value !== undefined) env[asText(entry.name)] = expand(value, env);
  }
  return env;
}

/** `$(NAME)` is replaced where NAME is known; `$$(NAME)` stands for itself. */
export function expand(text: string, env: Readonly<Record<string, string>>): string {
  return text.replace(/\$\$|\$\(([^()]+)\)/g, (found, name?: string) => {
    if (found === "$$") return "$";
    return name !== undefined && env[name] !== undefined ? env[name] : found;
  });
}

/**
 * A value with this machine's folders for mount paths: where it, or a part of it between colons, begins with one. The longest mount
 * path wins.
 */
export function mapPaths(value: string, mappings: readonly Mapping[]): string {
  const longestFirst = [...mappings].sort((a, b) => b.mountPath.length - a.mountPath.length);
  const mapOne = (part: string) => {
    const found = longestFirst.find(({ mountPath }) => part === mountPath || part.startsWith(`${mountPath}/`));
    return found ? `${found.folder}${part.slice(found.mountPath.length)}` : part;
  };
  return value.split(":").map(mapOne).join(":");
}

function fromWhole({ store, pod }: EnvironmentSources, source: Json): Record<string, string> {
  const { configMapRef, secretRef, prefix } = source;
  const reference = asObject(configMapRef ?? secretRef);
  const type = isObject(configMapRef) ? configMapType : secretType;
  const values = valuesOf(store, { type, pod, reference });
  return Object.fromEntries(Object.entries(values ?? {}).map(([key, value]) => [`${asText(prefix)}${key}`, value]));
}

function valueFrom(sources: EnvironmentSources, from: Json): string | undefined {
  const { fieldRef, configMapKeyRef, secretKeyRef, resourceFieldRef } = from;
  if (isObject(fieldRef)) return fieldValue(sources, asText(fieldRef.fieldPath));
  if (isObject(resourceFieldRef)) return resourceValue(sources.container, resourceFieldRef);
  const type = isObject(configMapKeyRef) ? configMapType : secretType;
  const reference = asObject(configMapKeyRef ?? secretKeyRef);
  const values = valuesOf(sources.store, { type, pod: sources.pod, reference });
  const value = values?.[asText(reference.key)];
  if (value !== undefined || reference.optional === true) return value;
  throw new ConfigError(
    `couldn't find key ${reference.key} in ${type.kind} ${sources.pod.metadata.namespace}/${reference.name}`,
  );
}

/** The values of a config map or secret, decoded; undefined when it may be absent and is. @throws ConfigError */
export function valuesOf(
  store: Store,
  { type, pod, reference }: { type: ApiType; pod: ApiObject; reference: Json },
): Record<string, string> | undefined {
  const name = asText(reference.name ?? reference.secretName);
  const object = store.get(type, pod.metadata.namespace, name);
  if (!object && reference.optional === true) return undefined;
  if (!object) throw new ConfigError(`${type.singular} "${name}" not found`);
  const decode = (text: string) => (type === secretType ? Buffer.from(text, "base64").toString("utf8") : text);
  return Object.fromEntries(Object.entries(asObject(object.data)).map(([key, text]) => [key, decode(asText(text))]));
}

function fieldValue({ pod, podIp }: EnvironmentSources, path: string): string {
  const { metadata, spec } = pod;
  const labelled = /^metadata\.(labels|annotations)\['(.+)'\]$/.exec(path);
  if (labelled) return metadata[labelled[1] as "labels" | "annotations"]?.[labelled[2] ?? ""] ?? ""; // one of the two, by the expression
  const values: Record<string, string> = {
    "metadata.name": metadata.name,
    "metadata.namespace": metadata.namespace ?? "",
    "metadata.uid": metadata.uid ?? "",
    "spec.nodeName": asText(asObject(spec).nodeName),
    "spec.serviceAccountName": asText(asObject(spec).serviceAccountName) || "default",
    "status.podIP": podIp,
    "status.podIPs": podIp,
    "status.hostIP": "127.0.0.1",
  };
  const value = values[path];
  if (value === undefined) throw new ConfigError(`unsupported fieldPath: ${path}`);
  return value;
}

function resourceValue({ resources }: ContainerPlan, { resource, divisor }: Json): string {
  const [kind = "", name = ""] = asText(resource).split(".");
  const amount = asObject(resources[kind])[name];
  const parse = name === "cpu" ? coresOf : bytesOf;
  return String(Math.ceil((parse(amount ?? 0) ?? 0) / (parse(divisor || 1) || 1)));
}
