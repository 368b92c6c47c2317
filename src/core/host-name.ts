/** What a machine can be called: for whoever is told a name and would find out late that nothing has it. Pure. */

import { isIP } from "node:net";

const LABEL = "[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?";
const NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*\\.?$`, "i");
const MAX_LENGTH = 254;

/** A host name or an address, without scheme, port or brackets. Names of other scripts stand as browsers send them: xn--…. */
export function isHostName(text: string): boolean {
  if (isIP(text) !== 0) return true;
  return text.length <= MAX_LENGTH && NAME.test(text) && URL.canParse(`http://${text}`); // which knows that 1.2.3.400 is nothing
}
