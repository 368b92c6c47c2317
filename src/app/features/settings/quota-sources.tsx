/** Of each thing that a project may use, who gives how much of it. */

import { Text } from "@mantine/core";
import { type QuotaPart, type QuotaParts, quotaParts } from "../../../domain/quotas/parts-rules.ts";
import { runQuota } from "../../../domain/quotas/rules.ts";
import type { QuotaInputs } from "../../../protocol/quota-inputs.ts";
import { licenseName } from "../../core/license-view.ts";
import { QUOTA_FIELDS, quotaWords } from "../../core/quota-words.ts";

type Amount = keyof QuotaParts;

const FROM: Record<Exclude<QuotaPart["from"], "licence">, string> = {
  site: "every project of this site",
  administrator: "an administrator, for this project",
  member: "a member",
  ratio: "set aside of the limit, as for every project of this site",
  limit: "the most that this site allows",
  minimum: "the least that a project needs",
};
const FLAGS: ReadonlySet<Amount> = new Set(["network", "member_host", "always_running", "privileged"]);
const SHOWN = Object.keys(QUOTA_FIELDS) as Amount[]; // those that are no amounts have no parts, and are left out

export function QuotaSources({ inputs }: { inputs: QuotaInputs }) {
  const parts = quotaParts(inputs);
  const quota = runQuota(inputs);
  const nameOf = ({ from, id = "" }: QuotaPart) =>
    from === "licence" ? `“${licenseName(inputs.licenses.find((one) => one.id === id) ?? { id })}”` : FROM[from];
  return (
    <details className="sources">
      <summary>Where each part comes from</summary>
      <ul className="rows" aria-label="Where each part comes from">
        {SHOWN.filter((field) => parts[field]?.length > 0).map((field) => (
          <li key={field} className="row">
            <Text size="sm" className="source-field">
              {QUOTA_FIELDS[field]}: <strong>{quotaWords(field, quota[field])}</strong>
            </Text>
            {!FLAGS.has(field) && <Shares parts={parts[field]} />}
            <ul className="source-parts">
              {parts[field].map((part) => (
                <li key={`${part.from} ${part.id}`}>{partWords(nameOf(part), field, part)}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** The parts beside each other, each as wide as what is owed to it; the words say the same. */
function Shares({ parts }: { parts: readonly QuotaPart[] }) {
  return (
    <div className="shares" aria-hidden>
      {parts
        .filter(({ share }) => share > 0)
        .map(({ from, id, share }) => (
          <span key={`${from} ${id}`} className={`share share-${from}`} style={{ flexGrow: share }} />
        ))}
    </div>
  );
}

/** What one gives, and where that is another number how much of the result is by it. */
function partWords(name: string, field: Amount, { from, value, share }: QuotaPart): string {
  if (FLAGS.has(field)) return name;
  const gives = `${name}: ${quotaWords(field, value)}`;
  if (from === "limit" || from === "minimum" || from === "ratio" || share === value) return gives;
  return share > 0
    ? `${gives}, of which ${quotaWords(field, share)} more than before it`
    : `${gives}, which adds nothing`;
}
