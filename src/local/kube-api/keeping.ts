/** Keeps the objects that outlive a restart in one file: read at the start, written after each change. */

import type { Life } from "../../core/life.ts";
import { readIfThere, writeAtomically } from "../files.ts";
import { asObjects, asText } from "./json.ts";
import type { Store } from "./store.ts";
import { type ApiObject, apiTypes } from "./types.ts";

const keptTypes = apiTypes.filter(({ kept }) => kept);

/** Loads what was kept and keeps what changes. The result's `saved` settles when everything so far is on disk. */
export async function keepObjects(life: Life, store: Store, path: string): Promise<{ saved: () => Promise<void> }> {
  const text = await readIfThere(path);
  for (const object of asObjects(text === undefined ? [] : JSON.parse(text))) {
    const type = keptTypes.find(({ kind }) => kind === asText(object.kind));
    if (type) store.put(type, object as ApiObject); // written by ourselves
  }
  let dirty = false;
  let writing: Promise<void> | undefined;
  const write = async () => {
    while (dirty) {
      dirty = false;
      await writeAtomically(path, JSON.stringify(keptTypes.flatMap((type) => store.all(type))));
    }
    writing = undefined;
  };
  const saved = () => {
    if (dirty) writing ??= write();
    return writing ?? Promise.resolve();
  };
  const stop = store.listen(({ type }) => {
    if (type.kept) dirty = true;
    if (type.kept) void saved().catch((error: unknown) => life.fail(error));
  });
  life.defer("kept objects", async () => {
    stop();
    await saved();
  });
  return { saved };
}
