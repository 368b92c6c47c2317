/** Files on their way into a project: a queue with progress, rate and cancel for each; two at a time. */

import { failureFrom } from "./project-files.ts";
import { wordsOf } from "./request-error.ts";
import { Store } from "./store.ts";

export type UploadState = "queued" | "sending" | "done" | "failed" | "cancelled";

export interface Upload {
  id: number;
  /** Path in the project. */
  path: string;
  /** Bytes in all and bytes sent. */
  size: number;
  sent: number;
  /** Bytes per second over the last few seconds. */
  rate: number;
  state: UploadState;
  /** Why it failed. */
  error?: string;
}

const AT_ONCE = 2;
const RATE_WINDOW_MS = 3_000;

interface Job {
  upload: Upload;
  file: Blob;
  address: string;
  request?: XMLHttpRequest;
}

/** XMLHttpRequest, since fetch does not tell how far an upload is. */
export class Uploads {
  readonly list = new Store<readonly Upload[]>([]);
  readonly #jobs: Job[] = [];
  readonly #onDone: (path: string) => void;
  #lastId = 0;

  constructor(onDone: (path: string) => void) {
    this.#onDone = onDone;
  }

  /** Puts a file into the queue. */
  add(file: Blob, path: string, address: string): void {
    const id = ++this.#lastId;
    const upload: Upload = { id, path, size: file.size, sent: 0, rate: 0, state: "queued" };
    this.#jobs.push({ upload, file, address });
    this.#show();
    this.#next();
  }

  /** Ends one that is queued or under way; nothing of it is kept in the project. */
  cancel(id: number): void {
    const job = this.#jobs.find(({ upload }) => upload.id === id);
    if (job === undefined || isOver(job.upload)) return;
    this.#change(job, { state: "cancelled" });
    job.request?.abort();
    this.#next();
  }

  /** Tries a failed or cancelled one again. */
  retry(id: number): void {
    const job = this.#jobs.find(({ upload }) => upload.id === id);
    if (job === undefined || job.upload.state === "done" || !isOver(job.upload)) return;
    this.#change(job, { state: "queued", sent: 0, rate: 0 });
    this.#next();
  }

  /** Forgets those that are over. */
  clear(): void {
    for (let index = this.#jobs.length - 1; index >= 0; index -= 1) {
      if (isOver((this.#jobs[index] as Job).upload)) this.#jobs.splice(index, 1); // index is within
    }
    this.#show();
  }

  #next(): void {
    const under = this.#jobs.filter(({ upload }) => upload.state === "sending").length;
    const waiting = this.#jobs.filter(({ upload }) => upload.state === "queued");
    for (const job of waiting.slice(0, AT_ONCE - under)) this.#send(job);
  }

  #send(job: Job): void {
    const request = new XMLHttpRequest();
    job.request = request;
    const rate = rateOver(RATE_WINDOW_MS);
    request.upload.onprogress = ({ loaded }) => this.#change(job, { sent: loaded, rate: rate(loaded) });
    request.onload = () => this.#answered(job, request);
    request.onerror = () => this.#fail(job, "The connection was lost on the way. Try again.");
    request.open("PUT", job.address);
    request.setRequestHeader("Content-Type", "application/octet-stream");
    this.#change(job, { state: "sending" });
    request.send(job.file);
  }

  #answered(job: Job, request: XMLHttpRequest): void {
    if (request.status >= 300) {
      this.#fail(job, wordsOf(failureFrom(request.status, request.responseText)));
      return;
    }
    this.#change(job, { state: "done", sent: job.upload.size });
    this.#onDone(job.upload.path);
    this.#next();
  }

  #fail(job: Job, error: string): void {
    if (job.upload.state === "cancelled") return;
    this.#change(job, { state: "failed", error });
    this.#next();
  }

  #change(job: Job, change: Partial<Upload>): void {
    if (job.upload.state === "cancelled" && change.state === undefined) return;
    job.upload = { ...job.upload, ...change };
    this.#show();
  }

  #show(): void {
    this.list.set(this.#jobs.map(({ upload }) => upload));
  }
}

export const isOver = ({ state }: Upload): boolean => state === "done" || state === "failed" || state === "cancelled";

/** Tells bytes per second over a window from counts of bytes. */
function rateOver(windowMs: number): (bytes: number) => number {
  const seen: { time: number; bytes: number }[] = [];
  return (bytes) => {
    const time = performance.now();
    seen.push({ time, bytes });
    while (seen.length > 2 && time - (seen[0]?.time ?? time) > windowMs) seen.shift();
    const first = seen[0] ?? { time, bytes };
    return time - first.time < 50 ? 0 : ((bytes - first.bytes) * 1_000) / (time - first.time);
  };
}
