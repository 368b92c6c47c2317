/** The volumes of a pod as folders of this machine: claims, host paths, empty ones, and the files of config maps and secrets. */

import { rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { messageOf } from "../../core/errors.ts";
import { makeFolder } from "../files.ts";
import { asObject, asObjects, asText, isObject, type Json } from "../kube-api/json.ts";
import type { Store } from "../kube-api/store.ts";
import { type ApiObject, configMapType, secretType } from "../kube-api/types.ts";
import { ConfigError, expand, type Mapping, valuesOf } from "./environment.ts";
import type { ContainerPlan } from "./pod-plan.ts";

export interface VolumeOptions {
  store: Store;
  pod: ApiObject;
  volumes: Json[];
  /** Holds a folder for each claim. */
  claimsDir: string;
  /** Of this pod alone, gone with it. */
  podDir: string;
}

/** Makes all volumes of a pod ready: name → folder. @throws ConfigError that says which one cannot be, and why. */
export async function makeVolumes(options: VolumeOptions): Promise<Map<string, string>> {
  const folders = new Map<string, string>();
  for (const volume of options.volumes) {
    const name = asText(volume.name);
    try {
      folders.set(name, await makeVolume(options, volume, name));
    } catch (error) {
      throw new ConfigError(`MountVolume.SetUp failed for volume "${name}" : ${messageOf(error)}`);
    }
  }
  return folders;
}

async function makeVolume(options: VolumeOptions, volume: Json, name: string): Promise<string> {
  const { claimsDir, podDir } = options;
  if (isObject(volume.persistentVolumeClaim)) {
    return made(join(claimsDir, asText(volume.persistentVolumeClaim.claimName)));
  }
  if (isObject(volume.hostPath)) {
    const path = asText(volume.hostPath.path);
    return volume.hostPath.type === "DirectoryOrCreate" ? made(path) : path;
  }
  const own = join(podDir, "volumes", name);
  if (isObject(volume.emptyDir)) return made(own);
  await writeFiles(own, filesOf(options, volume));
  return own;
}

async function made(folder: string): Promise<string> {
  await makeFolder(folder);
  return folder;
}

/** The files of a volume that is made of config maps and secrets: path → text. */
function filesOf(options: VolumeOptions, volume: Json): Map<string, string> {
  const sources = isObject(volume.projected) ? asObjects(volume.projected.sources) : [volume];
  const files = new Map<string, string>();
  for (const { configMap, secret } of sources) {
    if (!isObject(configMap) && !isObject(secret))
      throw new ConfigError("this kind of volume is not there on one machine");
    const type = isObject(configMap) ? configMapType : secretType;
    const reference = asObject(configMap ?? secret);
    const values = valuesOf(options.store, { type, pod: options.pod, reference }) ?? {};
    for (const [key, path] of itemsOf(reference, values)) files.set(path, values[key] ?? "");
  }
  return files;
}

function itemsOf({ items }: Json, values: Record<string, string>): [string, string][] {
  if (!Array.isArray(items)) return Object.keys(values).map((key) => [key, key]);
  return asObjects(items).map(({ key, path }) => {
    if (!(asText(key) in values)) throw new ConfigError(`references non-existent config key: ${key}`);
    return [asText(key), asText(path)];
  });
}

/** Writes the files beside and swaps a link, so that a reader sees the old or the new ones, never a mixture. */
async function writeFiles(folder: string, files: Map<string, string>): Promise<void> {
  const content = `..${Date.now()}`;
  await makeFolder(join(folder, content));
  for (const [path, text] of files) {
    const file = within(join(folder, content), path);
    await makeFolder(dirname(file));
    await writeFile(file, text, { mode: 0o600 });
  }
  const link = join(folder, "..data.next");
  await rm(link, { force: true });
  await symlink(content, link);
  await rename(link, join(folder, "..data"));
  for (const first of new Set([...files.keys()].map((path) => path.split("/")[0] ?? ""))) {
    await symlink(join("..data", first), join(folder, first)).catch(() => {}); // there from before, and still right
  }
}

/** The mounts of a container as folders, sub-folders made. @throws ConfigError for one that leaves its volume. */
export async function mapMounts(
  { mounts }: ContainerPlan,
  folders: ReadonlyMap<string, string>,
  env: Readonly<Record<string, string>>,
): Promise<Mapping[]> {
  const mappings: Mapping[] = [];
  for (const { volume, path, subPath, subPathExpr } of mounts) {
    const root = folders.get(volume) ?? "";
    const inner = subPath || expand(subPathExpr, env);
    const folder = inner === "" ? root : within(root, inner);
    if (inner !== "") await makeFolder(folder).catch(() => {}); // a file, or not ours to make: it is there or the program says so
    mappings.push({ mountPath: path, folder });
  }
  return mappings;
}

function within(root: string, path: string): string {
  const found = resolve(root, path);
  if (found !== root && !found.startsWith(`${root}${sep}`)) throw new ConfigError(`${path} leads out of its volume`);
  return found;
}
