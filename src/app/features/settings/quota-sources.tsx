/** Of each thing that a project may use, who gives how much of it. */

import { Text } from "@mantine/core";
import { type QuotaPart, type QuotaParts, quotaParts } from "../../../domain/quotas/parts-rules.ts";
import { runQuota } from "../../../domain/quotas/rules.ts";
import { fieldName, fieldValue } from "../../../domain/quotas/words-rules.ts";
import type { QuotaInputs } from "../../../protocol/quota-inputs.ts";
import { licenseName } from "../../core/license-view.ts";

/** Of these it is told, in this order. */
const SHOWN = [
  "memory_limit",
  "memory_request",
  "cpu_limit",
  "cpu_request",
  "network",
] as const satisfies (keyof QuotaParts)[];
type Shown = (typeof SHOWN)[number];

const FROM: Record<Exclude<QuotaPart["from"], "licence">, string> = {
  site: "every project of this site",
  administrator: "an administrator, for this project",
  member: "a member",
  ratio: "set aside of the limit, as for every project of this site",
  limit: "the most that this site allows",
  minimum: "the least that a project needs",
};
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
              {fieldName(field)}: <strong>{fieldValue(field, quota[field])}</strong>
            </Text>
            {field === "network" ? <span className="shares" /> : <Shares parts={parts[field]} />}
            <ul className="source-parts">
              {partsToTell(field, parts[field]).map((part) => (
                <li key={`${part.from} ${part.id}`}>{partWords(nameOf(part), field, part)}</li>
              ))}
            </ul>
          </li>
        ))}
      </ul>
    </details>
  );
}

/** One giver is enough for the internet, so that others give it too says nothing. */
function partsToTell(field: Shown, parts: readonly QuotaPart[]): readonly QuotaPart[] {
  return field === "network" ? parts.filter(({ share }) => share !== 0) : parts;
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
function partWords(name: string, field: Shown, { from, value, share }: QuotaPart): string {
  if (field === "network") return from === "limit" ? "taken away by an administrator" : name;
  const gives = `${name}: ${fieldValue(field, value)}`;
  if (from === "limit" || from === "minimum" || from === "ratio" || share === value) return gives;
  return share > 0
    ? `${gives}, of which ${fieldValue(field, share)} more than before it`
    : `${gives}, which adds nothing`;
}
