/** What a hub asserts to a project server about a caller: a short-lived JWT (EdDSA), in a header that only hubs set. */

import { z } from "zod";
import { uuid } from "./common.ts";
import { projectRole } from "./project-rights.ts";

/** The header of the assertion, on requests and upgrades from hub-proxy to a project server. Hubs delete what a client sent under it. */
export const ASSERTION_HEADER = "x-cocalc-assertion";
/** Longest life of an assertion, in seconds. */
export const ASSERTION_SECONDS = 60;
export const ASSERTION_ISSUER = "cocalc-hub";

/** The subject of an assertion that a role of ours makes on nobody's behalf: no account has this id. */
export const NOBODY = "00000000-0000-0000-0000-000000000000";

/** Claims: `aud` is the project, `sub` the account (or NOBODY); exp and iat as usual. */
export const assertionClaims = z.object({
  iss: z.literal(ASSERTION_ISSUER),
  aud: uuid,
  sub: uuid,
  role: projectRole,
  /** Name to show beside a cursor. */
  name: z.string().max(300),
  exp: z.number(),
  iat: z.number(),
});
export type AssertionClaims = z.infer<typeof assertionClaims>;

/** Environment of a pod: a JWK set with the public keys of the hubs, as JSON. */
export const HUB_KEYS_VARIABLE = "COCALC_HUB_PUBLIC_KEYS";
