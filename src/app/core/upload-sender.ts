/** Sends one file into a project: a small one whole, a larger one in parts, which go on where they were cut. */

import type { FileEntry, OpenBy, UploadAnswer, WrittenEntry } from "../../protocol/project-files.ts";
import { failureFrom, type ProjectFiles } from "./project-files.ts";
import { isOffline, offlineError, RequestError } from "./request-error.ts";
import { uploadKey } from "./upload-key.ts";

/** Bytes sent in one request. */
const PART_BYTES = 32 * 1024 * 1024;
/** A file up to this size is sent whole. */
const WHOLE_BYTES = 1024 * 1024;
/** Waits between tries while nobody answers, in ms; then it is given up until somebody asks for another try. */
const WAITS_MS = [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000, 30_000, 30_000, 60_000, 60_000];

export interface Sending {
  file: File;
  path: string;
  /** What may be replaced: the etag of what is there, "*" for whatever is, undefined for nothing. */
  replace: string | undefined;
  signal: AbortSignal;
  /** Is told how many bytes are there. */
  onSent: (bytes: number) => void;
  /** Nobody answers: it goes on by itself. */
  onWaiting: () => void;
}

/** What stands where a file is to go. */
export interface There {
  existing: FileEntry | null;
  openBy: readonly OpenBy[];
}

export class UploadSender {
  readonly #files: ProjectFiles;

  constructor(files: ProjectFiles) {
    this.#files = files;
  }

  /** Resolves with the file when it is in its place. @throws RequestError: `precondition_failed` when something is there that may not be replaced. */
  async send(sending: Sending): Promise<WrittenEntry> {
    const { file, signal, onWaiting } = sending;
    const key = await uploadKey(file);
    let sentAll = false;
    for (let failures = 0; ; ) {
      try {
        if (file.size <= WHOLE_BYTES) return await this.#sendWhole(sending);
        const { offset, entry } = await this.#look(sending, key);
        if (sentAll && entry !== undefined) return entry; // the last answer was lost on the way
        const told = { key, offset, onPart: () => (failures = 0), onLast: () => (sentAll = true) };
        return await this.#sendParts(sending, told);
      } catch (error) {
        const wait = WAITS_MS[failures++];
        if (signal.aborted || !isPassing(error) || wait === undefined) throw error;
        onWaiting();
        await pause(wait, signal);
      }
    }
  }

  /** What stands where it is to go. */
  async lookAt(file: File, path: string): Promise<There> {
    const key = await uploadKey(file);
    const { existing = null, openBy = [] } = await this.#files.uploadState({ path, key, size: Math.max(1, file.size) });
    return { existing, openBy };
  }

  /** Nothing of it is kept in the project. */
  async drop(file: File, path: string): Promise<void> {
    if (file.size <= WHOLE_BYTES) return;
    await this.#files.dropUpload({ path, key: await uploadKey(file), size: file.size });
  }

  async #look({ file, path }: Sending, key: string): Promise<UploadAnswer> {
    return this.#files.uploadState({ path, key, size: file.size });
  }

  async #sendWhole(sending: Sending): Promise<WrittenEntry> {
    const { file, path, replace, onSent } = sending;
    const address = this.#files.writeAddress(path, replace !== undefined);
    return put<WrittenEntry>(address, file, { ...sending, onProgress: onSent });
  }

  async #sendParts(
    sending: Sending,
    { key, offset, onPart, onLast }: { key: string; offset: number; onPart: () => void; onLast: () => void },
  ): Promise<WrittenEntry> {
    const { file, path, replace, onSent } = sending;
    const { size } = file;
    for (let at = offset; ; ) {
      const end = Math.min(at + PART_BYTES, size);
      const address = this.#files.partAddress({ path, key, size, offset: at, trash: replace !== undefined });
      const from = at;
      const onProgress = (bytes: number) => onSent(from + bytes);
      onProgress(0);
      if (end === size) onLast();
      const answer = await put<UploadAnswer>(address, file.slice(at, end), { ...sending, onProgress });
      if (answer.entry !== undefined) return answer.entry;
      onPart();
      at = answer.offset;
    }
  }
}

/** May the same be tried again in a moment? The network, a proxy or a server that starts may be in the way. */
function isPassing(error: unknown): boolean {
  if (isOffline(error)) return true;
  return (
    error instanceof RequestError &&
    (error.code === "unavailable" || error.code === "timeout" || error.code === "conflict")
  );
}

function pause(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const now = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", now, { once: true });
    globalThis.addEventListener?.("online", now, { once: true });
  });
}

/** XMLHttpRequest, since fetch does not tell how far an upload is. */
function put<Answer>(
  address: string,
  body: Blob,
  { replace, signal, onProgress }: Pick<Sending, "replace" | "signal"> & { onProgress: (bytes: number) => void },
): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const request = new XMLHttpRequest();
  const lost = () => reject(offlineError("The connection was lost on the way."));
  request.upload.onprogress = ({ loaded }) => onProgress(loaded);
  request.onload = () => {
    if (request.status >= 300) reject(failureFrom(request.status, request.responseText));
    else resolve(JSON.parse(request.responseText) as Answer); // our own server is believed
  };
  request.onerror = lost;
  request.onabort = lost;
  request.open("PUT", address);
  request.setRequestHeader("Content-Type", "application/octet-stream");
  if (replace === undefined) request.setRequestHeader("If-None-Match", "*");
  else request.setRequestHeader("If-Match", replace === "*" ? "*" : `"${replace}"`);
  signal.addEventListener("abort", () => request.abort(), { once: true });
  if (signal.aborted) lost();
  else request.send(body);
  return promise;
}
