/** Whether a licence is in force, as word and colour. */

import { Badge } from "@mantine/core";
import type { SiteLicense } from "../../../protocol/licenses.ts";
import { type Force, forceOf } from "../../core/license-view.ts";

const WORDS: Record<Force, string> = { "in-force": "In force", later: "Later", ended: "Ended" };

export function ForceBadge({ license, now }: { license: Pick<SiteLicense, "activates" | "expires">; now: number }) {
  const force = forceOf(license, now);
  return (
    <Badge variant="default" className={`force force-${force}`}>
      {WORDS[force]}
    </Badge>
  );
}
