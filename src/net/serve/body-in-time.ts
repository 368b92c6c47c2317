/** How long somebody may take to send a body that is read whole: one that drips holds a connection, and memory, for as long as it likes. */

import type { ServerResponse } from "node:http";
import { AppError } from "../../core/errors.ts";

/** Reads a body by `read`. @throws AppError `timeout` with status 408 after so long: its answer is the last of the connection. */
export async function bodyInTime(response: ServerResponse, withinMs: number, read: () => Promise<void>): Promise<void> {
  const { promise, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    response.setHeader("Connection", "close"); // Node closes it behind the answer, whatever still comes
    reject(new AppError("timeout", "The body of the request took too long to arrive; send it again.", { status: 408 }));
  }, withinMs);
  try {
    await Promise.race([read(), promise]);
  } finally {
    clearTimeout(timer);
  }
}
