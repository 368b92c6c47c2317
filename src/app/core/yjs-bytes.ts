/** Yjs updates as bytes, between the library and the wire. */

/** socket.io gives a Uint8Array, an ArrayBuffer or a Buffer, by platform. */
export function bytes(binary: Uint8Array | ArrayBuffer): Uint8Array {
  return binary instanceof Uint8Array ? binary : new Uint8Array(binary);
}

/** Yjs allocates its own buffers, never shared ones; its types do not say so. */
export const owned = (update: Uint8Array) => update as Uint8Array<ArrayBuffer>;

/** An update without structs and deletions is two zero bytes. */
export const hasContent = (update: Uint8Array): boolean => update.length > 2;
