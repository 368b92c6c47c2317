/** What a change does to a quota, field by field: from what to what, whether that is less, and when. */

import { Text } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import type { ToldChange } from "../../domain/quotas/words-rules.ts";

interface ListProps {
  /** undefined: nobody can say, since settings of the site are not well formed. */
  changes: readonly ToldChange[] | undefined;
  label: string;
  /** Of one that runs it is told what a restart takes; of another all is so from its next start on. */
  isRunning?: boolean;
  /** What to say when nothing changes. */
  nothing?: string;
}

export function QuotaChangeList({ changes, label, isRunning = false, nothing }: ListProps) {
  if (changes === undefined)
    return <Text size="sm">What that would do is not known while settings of this site cannot be read.</Text>;
  if (changes.length === 0) return nothing === undefined ? null : <Text size="sm">{nothing}</Text>;
  return (
    <ul className="quota-changes" aria-label={label}>
      {changes.map(({ field, name, before, after, lower, inPlace }) => (
        <li key={field} className={lower ? "quota-lower" : "quota-higher"}>
          {lower ? <IconArrowDown size={16} aria-hidden /> : <IconArrowUp size={16} aria-hidden />}
          <span>
            {name}: {before} → <strong>{after}</strong>
            {lower && " (less)"}
            {isRunning && (inPlace ? ", while it runs" : ", after a restart")}
          </span>
        </li>
      ))}
    </ul>
  );
}
