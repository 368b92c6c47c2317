/** How many of a licence's places are taken, as a bar and in words. */

import { Progress, Text } from "@mantine/core";
import type { SiteLicense } from "../../../protocol/licenses.ts";
import { licenseName, usedWords } from "../../core/license-view.ts";

export function Places({ license }: { license: SiteLicense }) {
  const { running, run_limit } = license;
  const percent = run_limit === null ? 0 : run_limit === 0 ? 100 : Math.min(100, (running / run_limit) * 100);
  return (
    <div className="places">
      <Text size="xs">{usedWords(license)}</Text>
      {run_limit !== null && (
        <Progress
          value={percent}
          color={percent > 90 ? "red" : "indigo"}
          aria-label={`Places of ${licenseName(license)} that are taken`}
        />
      )}
    </div>
  );
}
