/** What an API key is never enough for, said once for every wire. Pure. */

import { forbidden } from "../../core/errors.ts";
import type { Credential, Identity } from "./identity.ts";

/** For what somebody has to be there themselves. @throws AppError `forbidden` for any API key. */
export function checkSignedIn(credential: Credential): asserts credential is Extract<Credential, { kind: "session" }> {
  if (credential.kind !== "session") throw forbidden("This cannot be done with an API key; sign in with a browser.");
}

/** For what is beyond one project. @throws AppError `forbidden` for a credential that counts in one project alone. */
export function checkWholeAccount({ projectId }: Identity): void {
  if (projectId === undefined) return;
  throw forbidden("A project's API key cannot do this; use a key of your account, or sign in with a browser.");
}
