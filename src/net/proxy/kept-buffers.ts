/** Buffers for chunks on their way, used again and again: to allocate one for each chunk of a large stream costs as much as sending it. */

const BYTES = 65_536;
/** Below this Node's own pool serves as well. */
const SMALL_BYTES = 4_096;
/** 8 MB for a process; what more is needed at the same time is left to the collector. */
const MOST_KEPT = 128;

const kept: Buffer[] = [];

/** Copies a chunk that is only lent and passes the copy to `write`, which calls back once when the system has taken it. */
export function writeCopy(chunk: Buffer, write: (copy: Buffer, taken?: () => void) => boolean): boolean {
  if (chunk.length <= SMALL_BYTES || chunk.length > BYTES) return write(Buffer.from(chunk));
  const buffer = kept.pop() ?? Buffer.allocUnsafeSlow(BYTES);
  chunk.copy(buffer);
  return write(buffer.subarray(0, chunk.length), () => {
    if (kept.length < MOST_KEPT) kept.push(buffer);
  });
}
