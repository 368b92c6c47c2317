/** Uploads over HTTP: whole, or in parts that go on where they were cut. */

import { z } from "zod";
import { isAppError } from "../../../src/core/errors.ts";
import { statPath } from "../../../src/files/entry.ts";
import { type PlacePath, type Places, parsePath } from "../../../src/files/places.ts";
import type { Replacing } from "../../../src/files/replace.ts";
import { keepInTrash } from "../../../src/files/trash.ts";
import type { UploadName, Uploads } from "../../../src/files/uploads.ts";
import { writeFile } from "../../../src/files/write.ts";
import { bodyOf } from "../../../src/net/serve/drop-rest.ts";
import {
  type FileEntry,
  type OpenBy,
  type UploadAnswer,
  uploadKey,
  wirePath,
} from "../../../src/protocol/project-files.ts";
import type { Activity } from "../activity.ts";
import type { Documents } from "../documents/documents.ts";
import { type Call, type Handler, type HandlerTable, type Handling, parseInput } from "../http-server.ts";
import { queryFlag } from "./query-flag.ts";

const named = z.object({ path: wirePath, key: uploadKey, size: z.coerce.number().int().min(1) });
const queries = {
  write: z.object({ path: wirePath, mkdir: queryFlag, trash: queryFlag }),
  upload: named,
  part: named.extend({ offset: z.coerce.number().int().min(0), mkdir: queryFlag, trash: queryFlag }),
};

export interface UploadContext {
  places: Places;
  uploads: Uploads;
  activity: Activity;
  /** What is typed into a file that is replaced goes to the trash with it. */
  documents: Pick<Documents, "saveAll">;
  /** Who has a file open in an editor. */
  openBy: (path: PlacePath) => Promise<OpenBy[]>;
}

export function uploadHandlers(context: UploadContext): HandlerTable {
  const { places, uploads } = context;
  return {
    "PUT /api/files/write": writing((call) => write(context, call)),
    "GET /api/files/upload": writing((call) => tell(context, call)),
    "PUT /api/files/upload": writing((call) => takePart(context, call)),
    "DELETE /api/files/upload": writing(async (call) => {
      await uploads.drop(uploadOf(places, call, parseInput(queries.upload, Object.fromEntries(call.query))));
      return {};
    }),
    "GET /api/files/uploads": {
      need: "read",
      handle: async ({ caller }) => ({ uploads: await uploads.unfinishedOf(caller.sub) }),
    },
  };
}

const writing = (handle: Handler): Handling => ({ need: "write", handle });

async function write(context: UploadContext, call: Call) {
  const { places, activity } = context;
  activity.touch();
  const { path, mkdir, trash } = parseInput(queries.write, Object.fromEntries(call.query));
  const parsed = parsePath(places, path);
  const replacing = await replacingOf(context, call, { path: parsed, trash });
  return writeFile(places, parsed, { ...replacing, body: bodyOf(call.request), makeFolders: mkdir });
}

async function tell({ places, uploads, openBy }: UploadContext, call: Call): Promise<UploadAnswer> {
  const upload = uploadOf(places, call, parseInput(queries.upload, Object.fromEntries(call.query)));
  const { path } = upload;
  const existing = await entryIfThere(places, path);
  return { ...(await uploads.stateOf(upload)), existing, openBy: existing === null ? [] : await openBy(path) };
}

async function takePart(context: UploadContext, call: Call): Promise<UploadAnswer> {
  const { places, uploads, activity } = context;
  activity.touch();
  const { offset, mkdir, trash, ...rest } = parseInput(queries.part, Object.fromEntries(call.query));
  const upload = uploadOf(places, call, rest);
  const replacing = await replacingOf(context, call, { path: upload.path, trash });
  const { request } = call;
  const body = bodyOf(request);
  return uploads.add(upload, { ...replacing, offset, body, cut: () => request.destroy(), makeFolders: mkdir });
}

function uploadOf(places: Places, { caller }: Call, { path, key, size }: z.output<typeof named>): UploadName {
  return { path: parsePath(places, path), owner: caller.sub, key, size };
}

async function replacingOf(
  { places, documents }: UploadContext,
  { request, caller }: Call,
  { path, trash }: { path: PlacePath; trash: boolean },
): Promise<Replacing> {
  const conditions = { ifMatch: request.headers["if-match"], ifNoneMatch: request.headers["if-none-match"] };
  if (!trash) return conditions;
  await documents.saveAll();
  return { ...conditions, keep: keepInTrash(places, path, { account_id: caller.sub, name: caller.name }) };
}

async function entryIfThere(places: Places, path: PlacePath): Promise<FileEntry | null> {
  try {
    return await statPath(places, path);
  } catch (error) {
    if (isAppError(error, "not_found") || isAppError(error, "invalid")) return null; // a folder on the way may be missing, or a file
    throw error;
  }
}
