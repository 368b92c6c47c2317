/** Tells the hub, beside the answer, what a request did to files: for the project's log. */

import type { ServerResponse } from "node:http";
import {
  DONE_HEADER,
  type DoneInProject,
  type FilesDone,
  MAX_DONE_LENGTH,
  MAX_DONE_PATHS,
} from "../../../src/protocol/done-in-project.ts";
import type { FileAnswers, FileCommandName } from "../../../src/protocol/project-files.ts";
import type { FileCommandInput } from "./file-acts.ts";

/** Sets the header, where the command is one that the log tells of. */
export function tellDone<N extends FileCommandName>(
  response: ServerResponse,
  name: N,
  { input, answer }: { input: FileCommandInput<N>; answer: FileAnswers[N] },
): void {
  const done = doneBy(name, input, answer);
  if (done === undefined || done.count === 0) return;
  const told: FilesDone = { ...done, files: done.files.slice(0, MAX_DONE_PATHS) };
  while (headerOf(told).length > MAX_DONE_LENGTH) told.files.pop();
  response.setHeader(DONE_HEADER, headerOf(told));
}

/** The value of DONE_HEADER. */
export function headerOf(done: DoneInProject): string {
  return encodeURIComponent(JSON.stringify(done));
}

function doneBy(name: FileCommandName, input: object, answer: object): FilesDone | undefined {
  if (name === "delete") {
    // input and answer are those of this name
    const { paths, forever } = input as FileCommandInput<"delete">;
    const left = new Set((answer as FileAnswers["delete"]).left.map(({ path }) => path));
    const files = paths.filter((path) => !left.has(path));
    return { action: forever ? "deleted" : "trashed", files, count: files.length };
  }
  if (name === "restore") {
    const files = (answer as FileAnswers["restore"]).restored.map(({ path }) => path);
    return { action: "restored", files, count: files.length };
  }
  if (name === "empty-trash")
    return { action: "emptied_trash", files: [], count: (answer as FileAnswers["empty-trash"]).count };
  return undefined;
}
