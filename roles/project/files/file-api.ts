/** The files of a project as its server offers them: all handlers, and what keeps the home tidy while it serves. */

import { every } from "../../../src/core/clock.ts";
import type { Life } from "../../../src/core/life.ts";
import type { Logger } from "../../../src/core/log.ts";
import { removeLeftovers } from "../../../src/files/leftovers.ts";
import { type PlacePath, type Places, pathToWire } from "../../../src/files/places.ts";
import { Uploads } from "../../../src/files/uploads.ts";
import type { Activity } from "../activity.ts";
import type { Caller } from "../callers.ts";
import type { Documents } from "../documents/documents.ts";
import type { HandlerTable } from "../http-server.ts";
import { fileHandlers } from "./file-handlers.ts";
import { TrashKeeper } from "./trash-keeper.ts";
import { uploadHandlers } from "./upload-handlers.ts";

const UPLOADS_LOOKED_AT_EVERY_MS = 3_600_000;

interface Options {
  places: Places;
  log: Logger;
  activity: Activity;
  documents: Documents;
  /** Whose sockets these are. */
  people: (socketIds: readonly string[]) => Caller[];
}

export interface FileApi {
  handlers: HandlerTable;
  /** Removes, from here on, what is left over: temporary files, old uploads, trash. */
  tidy(life: Life): void;
}

export function openFileApi({ places, log, activity, documents, people }: Options): FileApi {
  const uploads = new Uploads(places);
  const trash = new TrashKeeper(places, log);
  const openBy = async (path: PlacePath) =>
    people(await documents.readersOf(pathToWire(path))).map(({ sub, name }) => ({ account_id: sub, name }));
  return {
    handlers: {
      ...fileHandlers({ places, activity, documents, trashed: () => trash.tendSoon() }),
      ...uploadHandlers({ places, uploads, activity, documents, openBy }),
    },
    tidy: (life) => {
      life.run("leftovers", (signal) => removeLeftovers(places, signal));
      life.run("trash", (signal) => trash.run(signal));
      life.run("unfinished uploads", async (signal) => {
        await uploads.removeOld();
        await every(UPLOADS_LOOKED_AT_EVERY_MS, signal, () => uploads.removeOld());
      });
    },
  };
}
