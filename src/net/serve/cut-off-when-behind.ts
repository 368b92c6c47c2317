/** Cuts off a socket.io connection whose reader does not keep up, before what waits for it fills the memory. */

import type { Socket } from "engine.io";

/** Most that may wait for one reader besides what is on its way: whoever lags so far comes back and asks for what it lacks. */
export interface MostUnsent {
  bytes: number;
  packets: number;
}

/** Answers count as events do. One message may be of any size: it is what waits before it that counts. */
export function cutOffWhenBehind(connection: Socket, most: MostUnsent): void {
  let unsent = { packets: 0, bytes: 0 };
  connection.on("packetCreate", ({ data }: { data?: { length: number } }) => {
    const isBehind = unsent.packets > most.packets || unsent.bytes > most.bytes;
    unsent.packets += 1;
    unsent.bytes += data?.length ?? 0; // text or bytes
    if (!isBehind) return;
    connection.close(true);
    connection.request.socket.destroy(); // a goodbye would wait behind all that is not read
  });
  connection.on("flush", () => {
    unsent = { packets: 0, bytes: 0 };
  });
}
