/** Mirrors the ConfigMap `project-image` into a folder, as a mounted volume would show it to the hubs of a cluster. */

import { join } from "node:path";
import type { Life } from "../core/life.ts";
import { makeFolder, writeAtomically } from "./files.ts";
import { asObject, asText } from "./kube-api/json.ts";
import type { Store } from "./kube-api/store.ts";
import { configMapType } from "./kube-api/types.ts";

const CONFIG_MAP = "project-image";
const FILE = "software.json";

/** Writes the file, again at each change; returns the folder. */
export async function mirrorSoftware(
  life: Life,
  { store, namespace, folder }: { store: Store; namespace: string; folder: string },
): Promise<string> {
  await makeFolder(folder);
  const write = () => {
    const data = asObject(asObject(store.get(configMapType, namespace, CONFIG_MAP)).data);
    return writeAtomically(join(folder, FILE), asText(data[FILE]));
  };
  await write();
  let last = Promise.resolve();
  const stop = store.listen(({ type, after }) => {
    if (type !== configMapType || after?.metadata.name !== CONFIG_MAP) return;
    last = last.then(write).catch((error: unknown) => life.fail(error));
  });
  life.defer("software folder", async () => {
    stop();
    await last;
  });
  return folder;
}
