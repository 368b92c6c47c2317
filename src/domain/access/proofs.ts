/** That it is still the person who signed in: before what is dangerous, the password has to have been typed in this session a short time ago. */

import { AppError } from "../../core/errors.ts";
import type { Queryable } from "../../db/db.ts";
import type { Credential } from "./identity.ts";
import { checkSignedIn } from "./key-limits.ts";

/** How long the password counts as just typed. */
const PROOF_MINUTES = 10;

/**
 * Asked of the database each time: it is rare, and true for all replicas at once.
 * @throws AppError `confirm_password` when it was typed too long ago; `forbidden` for an API key, which nobody types.
 */
export async function checkProof(db: Queryable, credential: Credential): Promise<void> {
  checkSignedIn(credential);
  const [recent] = await db.query(
    "SELECT FROM remember_me WHERE hash = $1 AND proved > now() AT TIME ZONE 'UTC' - make_interval(mins => $2)",
    [credential.hash, PROOF_MINUTES],
  );
  if (recent === undefined) {
    throw new AppError(
      "confirm_password",
      `This takes your password, typed within the last ${PROOF_MINUTES} minutes: confirm it, and try again.`,
    );
  }
}

/** Notes that the password of its account was just typed in this session. */
export async function noteProof(db: Queryable, sessionHash: string): Promise<void> {
  await db.execute("UPDATE remember_me SET proved = now() AT TIME ZONE 'UTC' WHERE hash = $1", [sessionHash]);
}
