/** Files on their way into a project: a queue with progress, rate and cancel for each, two at a time; what is there is asked about. */

import { baseName, nameOfNumber } from "./paths.ts";
import { RequestError, wordsOf } from "./request-error.ts";
import { Store } from "./store.ts";
import type { There, UploadSender } from "./upload-sender.ts";

/** waiting: nobody answers, it goes on by itself; asking: something of that name is there. */
export type UploadState = "queued" | "sending" | "waiting" | "asking" | "done" | "failed" | "cancelled" | "skipped";

export type Choice = "replace" | "both" | "skip";

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
  /** Why it was written into the file that was there, in words; else it is new or replaced that file at once. */
  inPlace?: string | undefined;
  /** What is there, when that is asked about. */
  there?: There;
}

const AT_ONCE = 2;
const RATE_WINDOW_MS = 3_000;

type Sender = Pick<UploadSender, "send" | "lookAt" | "drop">;

/** What was chosen together, and is answered together. */
interface Batch {
  choice?: Choice;
}

interface Job {
  upload: Upload;
  file: File;
  batch: Batch;
  /** The path that was wanted, of which "keep both" makes others. */
  wanted: string;
  choice?: Choice;
  replace?: string | undefined;
  number: number;
  abort?: AbortController;
}

export class Uploads {
  readonly list = new Store<readonly Upload[]>([]);
  readonly #jobs: Job[] = [];
  readonly #sender: Sender;
  readonly #onDone: (path: string) => void;
  #lastId = 0;

  constructor(sender: Sender, onDone: (path: string) => void) {
    this.#sender = sender;
    this.#onDone = onDone;
  }

  /** Puts files into the queue that were chosen together. */
  add(files: readonly { file: File; path: string }[]): void {
    const batch: Batch = {};
    for (const { file, path } of files) {
      const upload: Upload = { id: ++this.#lastId, path, size: file.size, sent: 0, rate: 0, state: "queued" };
      this.#jobs.push({ upload, file, batch, wanted: path, number: 1 });
    }
    this.#show();
    this.#next();
  }

  /** How many others of those chosen together may still have to be asked about. */
  othersOf(id: number): number {
    const batch = this.#job(id)?.batch;
    return this.#jobs.filter((job) => job.batch === batch && job.upload.id !== id && !isOver(job.upload)).length;
  }

  /** Answers what is asked about one; `forAll`: also of all that were chosen with it. */
  answer(id: number, choice: Choice, forAll: boolean): void {
    const job = this.#job(id);
    if (job === undefined) return;
    if (forAll) job.batch.choice = choice;
    const asking = this.#jobs.filter(({ upload }) => upload.state === "asking");
    for (const one of asking) if (one === job || (forAll && one.batch === job.batch)) this.#apply(one, choice);
    this.#next();
  }

  /** Ends one that is not over; nothing of it is kept in the project. */
  cancel(id: number): void {
    const job = this.#job(id);
    if (job === undefined || isOver(job.upload)) return;
    this.#change(job, { state: "cancelled" });
    job.abort?.abort();
    this.#sender.drop(job.file, job.upload.path).catch(() => {}); // what is left of it goes by itself after some days
    this.#next();
  }

  /** Tries a failed or cancelled one again: it goes on where it was. */
  retry(id: number): void {
    const job = this.#job(id);
    if (job === undefined || (job.upload.state !== "failed" && job.upload.state !== "cancelled")) return;
    this.#change(job, { state: "queued", rate: 0 });
    this.#next();
  }

  /** Forgets those that are over. */
  clear(): void {
    const going = this.#jobs.filter(({ upload }) => !isOver(upload));
    this.#jobs.splice(0, this.#jobs.length, ...going);
    this.#show();
  }

  #job(id: number): Job | undefined {
    return this.#jobs.find(({ upload }) => upload.id === id);
  }

  #next(): void {
    const under = this.#jobs.filter(({ upload: { state } }) => state === "sending" || state === "waiting").length;
    const queued = this.#jobs.filter(({ upload }) => upload.state === "queued");
    for (const job of queued.slice(0, Math.max(0, AT_ONCE - under))) void this.#send(job);
  }

  async #send(job: Job): Promise<void> {
    const abort = new AbortController();
    job.abort = abort;
    const rate = rateOver(RATE_WINDOW_MS);
    const { file, replace } = job;
    this.#change(job, { state: "sending" });
    try {
      const { inPlace } = await this.#sender.send({
        file,
        path: job.upload.path,
        replace,
        signal: abort.signal,
        onSent: (sent) => this.#change(job, { state: "sending", sent, rate: rate(sent) }),
        onWaiting: () => this.#change(job, { state: "waiting", rate: 0 }),
      });
      this.#change(job, { state: "done", sent: job.upload.size, inPlace });
      this.#onDone(job.upload.path);
    } catch (error) {
      if (!abort.signal.aborted) await this.#failed(job, error);
    }
    this.#next();
  }

  async #failed(job: Job, error: unknown): Promise<void> {
    if (!(error instanceof RequestError) || error.code !== "precondition_failed")
      this.#change(job, { state: "failed", error: wordsOf(error) });
    else await this.#isThere(job);
  }

  /** Something is there that may not be replaced: that is asked about, unless it was answered before. */
  async #isThere(job: Job): Promise<void> {
    if (this.#applyKnown(job)) return;
    try {
      const there = await this.#sender.lookAt(job.file, job.upload.path);
      // Meanwhile it may have been cancelled, or answered for all that were chosen together.
      if (job.abort?.signal.aborted || this.#applyKnown(job)) return;
      if (there.existing === null)
        this.#change(job, { state: "queued" }); // it is gone by now
      else this.#change(job, { state: "asking", there });
    } catch (failure) {
      this.#change(job, { state: "failed", error: wordsOf(failure) });
    }
  }

  /** Does with it what was answered before; false: it has to be asked about. */
  #applyKnown(job: Job): boolean {
    const known = job.batch.choice ?? (job.choice === "both" ? job.choice : undefined);
    if (known !== undefined) this.#apply(job, known);
    return known !== undefined;
  }

  #apply(job: Job, choice: Choice): void {
    job.choice = choice;
    if (choice === "skip") this.#change(job, { state: "skipped" });
    else if (choice === "both") this.#keepBoth(job);
    else this.#replace(job);
  }

  #keepBoth(job: Job): void {
    const name = baseName(job.wanted);
    job.number += 1;
    job.replace = undefined;
    const path = job.wanted.slice(0, job.wanted.length - name.length) + nameOfNumber(name, job.number);
    this.#change(job, { state: "queued", path });
  }

  /** Only what was seen is replaced; where others type into it, or all are to be replaced, what is there then, which the trash keeps. */
  #replace(job: Job): void {
    const { existing, openBy = [] } = job.upload.there ?? {};
    const isAsSeen = existing && openBy.length === 0 && job.batch.choice === undefined;
    job.replace = isAsSeen ? existing.etag : "*";
    this.#change(job, { state: "queued" });
  }

  #change(job: Job, change: Partial<Upload>): void {
    if (job.upload.state === "cancelled" && change.state !== "queued") return;
    job.upload = { ...job.upload, ...change };
    this.#show();
  }

  #show(): void {
    this.list.set(this.#jobs.map(({ upload }) => upload));
  }
}

const OVER: ReadonlySet<UploadState> = new Set(["done", "failed", "cancelled", "skipped"]);
export const isOver = ({ state }: Upload): boolean => OVER.has(state);

/** Tells bytes per second over a window from counts of bytes. */
function rateOver(windowMs: number): (bytes: number) => number {
  const seen: { time: number; bytes: number }[] = [];
  return (bytes) => {
    const time = performance.now();
    seen.push({ time, bytes });
    while (seen.length > 2 && time - (seen[0]?.time ?? time) > windowMs) seen.shift();
    const first = seen[0] ?? { time, bytes };
    return time - first.time < 50 ? 0 : Math.max(0, ((bytes - first.bytes) * 1_000) / (time - first.time));
  };
}
