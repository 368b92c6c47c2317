/** What the file system refuses, in words for people. */

import { AppError, codeOf, conflict, forbidden, invalid, notFound, unavailable } from "../core/errors.ts";

type Tell = (what: string, cause: unknown) => AppError;

const tell: Record<string, Tell> = {
  ENOENT: (what, cause) => notFound(`${what} does not exist.`, { cause }),
  ENOTDIR: (what, cause) => invalid(`${what}: a part of this path is not a folder.`, { cause }),
  EISDIR: (what, cause) => invalid(`${what} is a folder.`, { cause }),
  EEXIST: (what, cause) => conflict(`${what} exists already.`, { cause }),
  ENOTEMPTY: (what, cause) => conflict(`${what} is a folder that is not empty.`, { cause }),
  EACCES: (what, cause) => forbidden(`The project may not do this with ${what}: its permissions forbid it.`, { cause }),
  EPERM: (what, cause) => forbidden(`The project may not do this with ${what}: the system forbids it.`, { cause }),
  EROFS: (what, cause) => forbidden(`${what} is on a file system that can only be read.`, { cause }),
  ENOSPC: (what, cause) => full(`There is no room left on the disk for ${what}; delete something first.`, cause),
  EDQUOT: (what, cause) => full(`The project's disk quota is used up; there is no room for ${what}.`, cause),
  EFBIG: (what, cause) => full(`${what} would be larger than this file system allows.`, cause),
  ENAMETOOLONG: (what, cause) => invalid(`${what}: a name in this path is too long.`, { cause }),
  ELOOP: (what, cause) => invalid(`${what}: its links lead in a circle.`, { cause }),
  EINVAL: (what, cause) => invalid(`${what}: the file system does not allow this name or act.`, { cause }),
  E2BIG: (what, cause) => invalid(`${what}: arguments and variables are longer than the system takes.`, { cause }),
  EMFILE: (what, cause) => unavailable(`${what}: too many files are open; try again in a moment.`, { cause }),
  ENFILE: (what, cause) => unavailable(`${what}: too many files are open; try again in a moment.`, { cause }),
  EBUSY: (what, cause) => conflict(`${what} is in use.`, { cause }),
  ETXTBSY: (what, cause) => conflict(`${what} is a program that is running.`, { cause }),
  EIO: (what, cause) => unavailable(`The storage failed while working with ${what}.`, { cause }),
  ESTALE: (what, cause) => unavailable(`${what} changed on the storage meanwhile; try again.`, { cause }),
};

function full(message: string, cause: unknown): AppError {
  return new AppError("too_large", message, { status: 507, cause });
}

/** An error of the file system as an AppError about `what`; anything else as it is. */
export function fileError(error: unknown, what: string): unknown {
  if (error instanceof AppError) return error;
  return tell[codeOf(error)]?.(what === "" ? "The home folder" : what, error) ?? error;
}

/** Runs an act on `what`, so that what the file system refuses is told in words. */
export async function telling<T>(what: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    throw fileError(error, what);
  }
}
