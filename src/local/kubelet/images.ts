/** The images of this machine: what program stands behind an image's name. Nothing is ever pulled from anywhere. */

/** A program of this machine that takes the place of an image. */
export interface LocalImage {
  /** Its entry point; a container's `command` replaces it, `args` follow it. */
  command: readonly string[];
  env?: Readonly<Record<string, string>>;
}

/** Image name without tag → program. */
export type ImageTable = ReadonlyMap<string, LocalImage>;

/** Looks up a reference: as it stands, or without tag and digest. */
export function findImage(images: ImageTable, reference: string): LocalImage | undefined {
  return images.get(reference) ?? images.get(reference.replace(/@.*$/, "").replace(/:[^:/]*$/, ""));
}
