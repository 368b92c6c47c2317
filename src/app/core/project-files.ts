/** The files of a project over HTTP: one function per question; uploads have a file of their own. */

import type { z } from "zod";
import type {
  FileAnswers,
  FileCommandName,
  FileEntry,
  FileListing,
  fileCommands,
  TrashItem,
  UnfinishedUpload,
  UploadAnswer,
} from "../../protocol/project-files.ts";
import { offlineError, RequestError } from "./request-error.ts";
import { projectApi, type Site } from "./site.ts";

export class ProjectFiles {
  readonly #site: Site;
  readonly #projectId: string;

  constructor(site: Site, projectId: string) {
    this.#site = site;
    this.#projectId = projectId;
  }

  /** A whole folder, page after page; `onPage` is told of what is known so far, so that a long list shows at once. */
  async list(
    path: string,
    { signal, onPage }: { signal?: AbortSignal; onPage?: (sofar: FileListing) => void } = {},
  ): Promise<FileListing> {
    let whole: FileListing | undefined;
    let after: string | null = null;
    do {
      const query = new URLSearchParams({ path, limit: "5000", ...(after !== null && { after }) });
      const page: FileListing = await this.#get(`files/list?${query}`, signal);
      whole = { ...page, entries: whole === undefined ? page.entries : whole.entries.concat(page.entries) };
      after = page.next;
      if (after !== null) onPage?.(whole);
    } while (after !== null);
    return whole;
  }

  stat(path: string, signal?: AbortSignal): Promise<FileEntry> {
    return this.#get(`files/stat?${new URLSearchParams({ path })}`, signal);
  }

  /** make-folder, rename, copy, link, delete, restore or empty-trash. */
  async command<N extends FileCommandName>(name: N, body: z.input<(typeof fileCommands)[N]>): Promise<FileAnswers[N]> {
    const response = await this.#send(`files/${name}`, { method: "POST", ...jsonBody(body) });
    return (await response.json()) as FileAnswers[N]; // the protocol states it for each name
  }

  /** What was deleted, the latest first. */
  async trash(): Promise<TrashItem[]> {
    return (await this.#get<{ items: TrashItem[] }>("files/trash")).items;
  }

  /** Makes an empty file. @throws RequestError when there is one already. */
  async createFile(path: string, { makeFolders = false } = {}): Promise<void> {
    const query = new URLSearchParams({ path, ...(makeFolders && { mkdir: "1" }) });
    await this.#send(`files/write?${query}`, {
      method: "PUT",
      headers: { "If-None-Match": "*", "Content-Type": "application/octet-stream" },
      body: "",
    });
  }

  /** Address that downloads one file. */
  downloadAddress(path: string): string {
    return this.#address(`files/read?${new URLSearchParams({ path, download: "1" })}`);
  }

  /** Address of the bytes for a picture in a page. */
  readAddress(path: string): string {
    return this.#address(`files/read?${new URLSearchParams({ path })}`);
  }

  /** Address that downloads several files or folders as one zip. */
  archiveAddress(paths: readonly string[]): string {
    const query = new URLSearchParams(paths.map((path) => ["path", path]));
    query.set("format", "zip");
    return this.#address(`files/archive?${query}`);
  }

  /** Where a file is put that is sent whole; `trash` keeps what it replaces. */
  writeAddress(path: string, trash: boolean): string {
    return this.#address(`files/write?${new URLSearchParams({ path, mkdir: "1", trash: trash ? "1" : "0" })}`);
  }

  /** Where a part of a file is put. */
  partAddress({ offset, trash, ...name }: UploadName & { offset: number; trash: boolean }): string {
    const query = uploadQuery(name);
    query.set("offset", String(offset));
    query.set("mkdir", "1");
    if (trash) query.set("trash", "1");
    return this.#address(`files/upload?${query}`);
  }

  /** What is here of a file that comes in parts, and what stands where it is to go. */
  uploadState(name: UploadName): Promise<UploadAnswer> {
    return this.#get(`files/upload?${uploadQuery(name)}`);
  }

  async dropUpload(name: UploadName): Promise<void> {
    await this.#send(`files/upload?${uploadQuery(name)}`, { method: "DELETE" });
  }

  /** Files of this person's of which parts are here. */
  async unfinishedUploads(): Promise<UnfinishedUpload[]> {
    return (await this.#get<{ uploads: UnfinishedUpload[] }>("files/uploads")).uploads;
  }

  #address(rest: string): string {
    return projectApi(this.#site, this.#projectId, rest);
  }

  async #get<Answer>(rest: string, signal?: AbortSignal): Promise<Answer> {
    const response = await this.#send(rest, signal === undefined ? {} : { signal });
    return (await response.json()) as Answer; // the protocol states it for each path
  }

  async #send(rest: string, request: RequestInit): Promise<Response> {
    const response = await fetch(this.#address(rest), { credentials: "same-origin", ...request }).catch((error) => {
      if (request.signal?.aborted) throw error;
      throw offlineError("The project's server cannot be reached.");
    });
    if (!response.ok) throw await failureOf(response);
    return response;
  }
}

interface UploadName {
  path: string;
  key: string;
  /** Bytes. */
  size: number;
}

function uploadQuery({ path, key, size }: UploadName): URLSearchParams {
  return new URLSearchParams({ path, key, size: String(size) });
}

function jsonBody(body: object) {
  return { headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

async function failureOf(response: Response): Promise<RequestError> {
  const text = await response.text().catch(() => ""); // the status alone says enough
  return failureFrom(response.status, text);
}

/** An answer's error: a WireError where the server sent one, else words for the status. */
export function failureFrom(status: number, text: string): RequestError {
  try {
    const { error, code } = JSON.parse(text) as { error?: unknown; code?: unknown }; // checked in the next line
    if (typeof error === "string" && typeof code === "string") return new RequestError({ error, code });
  } catch {
    // a page of a proxy on the way, not JSON
  }
  const words =
    STATUS_WORDS[status] ?? `The project's server answered with an error (${status}). Try again in a moment.`;
  return new RequestError({ error: words, code: status === 404 ? "not_found" : "unavailable" });
}

const STATUS_WORDS: Record<number, string> = {
  401: "You are signed out. Sign in again.",
  403: "You may not do this in this project.",
  404: "It is not there: it may have been moved or deleted.",
  413: "It is larger than the server takes.",
  502: "The project's server does not answer. It may be starting or stopping; try again in a moment.",
  503: "The project is not running. Start it and try again.",
};
