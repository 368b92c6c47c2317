/** What somebody grants a project on a command line. Pure. */

import { invalid } from "../../core/errors.ts";
import { issuesInWords } from "../../core/issues-in-words.ts";
import { type AdminQuotas, adminQuotas } from "../../protocol/api-v2-quotas.ts";

const WORDS: Readonly<Record<string, unknown>> = { none: null, yes: true, true: true, no: false, false: false };

const NAMES = Object.keys(adminQuotas.shape).join(", ");

/** Words such as `memory_limit=4000`, `internet=yes`, `pool=lab`, `cpu_limit=none`. @throws AppError `invalid` with what is wrong. */
export function adminQuotasFromWords(words: readonly string[]): AdminQuotas {
  const wish = words.map((word) => {
    const [name = "", ...rest] = word.split("=");
    const value = rest.join("=");
    if (!Object.hasOwn(adminQuotas.shape, name)) throw invalid(`There is no "${name}": write one of ${NAMES}.`);
    if (value === "") throw invalid(`"${word}" says nothing: write name=value, such as memory_limit=4000.`);
    if (name === "pool") return [name, value === "none" ? null : value] as const;
    return [name, Object.hasOwn(WORDS, value) ? WORDS[value] : Number(value)] as const;
  });
  const parsed = adminQuotas.strict().safeParse(Object.fromEntries(wish));
  if (!parsed.success) throw invalid(issuesInWords(parsed.error.issues));
  return parsed.data;
}
