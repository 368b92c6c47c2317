/** The file API over HTTP: each handler reads its query or body, acts, and answers. */

import { z } from "zod";
import { invalid } from "../../../src/core/errors.ts";
import { statPath } from "../../../src/files/entry.ts";
import { FolderNames, listFolder, MAX_PAGE } from "../../../src/files/listing.ts";
import {
  DOT,
  DOT_DOT,
  type PlacePath,
  type Places,
  parsePath,
  splitBytes,
  titleOf,
  toWire,
} from "../../../src/files/places.ts";
import { openForReading } from "../../../src/files/read.ts";
import { listTrash } from "../../../src/files/trash.ts";
import { type FileCommandName, fileCommands, MAX_PATH_LENGTH, wirePath } from "../../../src/protocol/project-files.ts";
import type { Activity } from "../activity.ts";
import type { Documents } from "../documents/documents.ts";
import { type Call, type Handler, type HandlerTable, type Handling, parseInput, readJson } from "../http-server.ts";
import { type FileCommandInput, fileActs } from "./file-acts.ts";
import { queryFlag } from "./query-flag.ts";
import { attachment, sendFile } from "./send-file.ts";
import { tellDone } from "./tell-done.ts";

const MAX_ARCHIVED_PATHS = 1_000;
const queries = {
  list: z.object({
    path: wirePath.default(""),
    after: z.string().max(MAX_PATH_LENGTH).optional(),
    limit: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
  }),
  stat: z.object({ path: wirePath.default("") }),
  read: z.object({ path: wirePath, download: queryFlag }),
  archive: z.object({
    path: z.array(wirePath).min(1).max(MAX_ARCHIVED_PATHS),
    format: z.enum(["zip", "tar"]).default("zip"),
  }),
};

interface Context {
  places: Places;
  activity: Activity;
  /** What is open goes along with files that are moved, and does not bring back those that are deleted. */
  documents: Pick<Documents, "move" | "saveAll">;
  /** Something was put into the trash. */
  trashed: () => void;
}

/** All handlers below /api/files/ and /raw/. */
export function fileHandlers({ places, ...context }: Context): HandlerTable {
  const names = new FolderNames();
  return {
    "GET /api/files/list": reading(async ({ query }) => {
      const { path, after, limit } = parseInput(queries.list, Object.fromEntries(query));
      return listFolder(places, parsePath(places, path), { after, limit, names });
    }),
    "GET /api/files/stat": reading(async ({ query }) =>
      statPath(places, parsePath(places, parseInput(queries.stat, Object.fromEntries(query)).path)),
    ),
    "GET /api/files/read": reading(async (call) => {
      const { path, download } = parseInput(queries.read, Object.fromEntries(call.query));
      return sendPath(places, call, { path: parsePath(places, path), download });
    }),
    "GET /raw/": reading(async (call) =>
      sendPath(places, call, { path: rawPath(call.rest), download: call.query.has("download") }),
    ),
    "GET /api/files/trash": reading(async () => ({ items: await listTrash(places) })),
    "GET /api/files/archive": reading((call) => archive(places, call)),
    ...commandHandlers({ places, ...context }),
  };
}

const reading = (handle: Handler): Handling => ({ need: "read", handle });

function commandHandlers({ places, activity, documents, trashed }: Context): HandlerTable {
  const handlerOf =
    <N extends FileCommandName>(name: N): Handler =>
    async ({ request, response, caller }) => {
      activity.touch();
      // the compiler cannot see that the schema and the act of one name belong together
      const input = (await readJson(request, fileCommands[name])) as FileCommandInput<N>;
      const act = () => fileActs[name](places, input, { account_id: caller.sub, name: caller.name });
      if ("from" in input && name === "rename") return documents.move(input, act);
      if (name === "delete") await documents.saveAll();
      const answer = await act();
      tellDone(response, name, { input, answer });
      if (name === "delete") trashed();
      return answer;
    };
  const names = Object.keys(fileCommands) as FileCommandName[]; // a const table's keys
  return Object.fromEntries(
    names.map((name) => [`POST /api/files/${name}`, { need: "write", handle: handlerOf(name) }]),
  );
}

async function sendPath(
  places: Places,
  { request, response }: Call,
  { path, download }: { path: PlacePath; download: boolean },
): Promise<undefined> {
  const name = path.names.at(-1);
  if (name === undefined) throw invalid(`${titleOf(path.place)} is a folder; only files can be read.`);
  const file = await openForReading(places, path);
  try {
    await sendFile(request, response, { file, name, download });
  } finally {
    await file.handle.close();
  }
}

async function archive(places: Places, { query, response }: Call): Promise<undefined> {
  const { path, format } = parseInput(queries.archive, {
    path: query.getAll("path"),
    format: query.get("format") ?? undefined,
  });
  const paths = path.map((one) => parsePath(places, one));
  for (const one of paths) await statPath(places, one);
  checkNames(paths);
  const { writeArchive } = await import("../../../src/files/archive.ts"); // with two libraries that few projects ever use
  if (response.destroyed) return; // its reader went away while the names were looked at
  response.setHeader("Content-Type", format === "zip" ? "application/zip" : "application/x-tar");
  response.setHeader("X-Content-Type-Options", "nosniff");
  response.setHeader("Content-Disposition", attachment(`${archiveName(paths)}.${format}`));
  await writeArchive(response, { places, paths, format });
}

/** In the archive they stand side by side, wherever they are now. */
function checkNames(paths: readonly PlacePath[]): void {
  const names = paths.map(({ names }) => names.at(-1)?.toString("latin1"));
  const twice = names.findIndex((name, index) => name !== undefined && names.indexOf(name) < index);
  const name = paths[twice]?.names.at(-1);
  if (name !== undefined)
    throw invalid(`Two of these are called ${toWire(name)}: put them into archives of their own.`);
}

function archiveName(paths: readonly PlacePath[]): string {
  const [first] = paths;
  const name = paths.length === 1 && first !== undefined ? first.names.at(-1) : undefined;
  return name === undefined ? "files" : toWire(name);
}

/** The path in a raw URL: percent-encoded bytes below the home folder, so that any name can be written. */
function rawPath(rest: string): PlacePath {
  const bytes = Buffer.from(
    rest.replace(/%([0-9a-fA-F]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
    "latin1",
  );
  const names = splitBytes(bytes);
  const dots = names.some((name) => name.equals(DOT_DOT));
  if (dots || bytes.includes(0))
    throw invalid("This address names no file: it leads upwards or holds a zero byte. Open the file from its folder.");
  return { place: "home", names: names.filter((name) => !name.equals(DOT)) };
}
