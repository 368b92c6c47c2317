/** How many projects ran with a licence over time, and how much was left, as a picture. */

import { SegmentedControl, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { SiteLicense } from "../../../protocol/licenses.ts";
import { formatMoment } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { type Usage, usagePicture, usageSentence } from "../../core/usage-picture.ts";
import { useApp } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";
import { usageKey } from "./license-keys.ts";

const SPANS = [
  { value: "1", label: "Day" },
  { value: "7", label: "Week" },
  { value: "30", label: "Month" },
  { value: "365", label: "Year" },
];
const EVERY_MS = 30_000;

export function LicenseUse({ license }: { license: SiteLicense }) {
  const { api } = useApp();
  const [days, setDays] = useState(() => spanFor(license, Date.now()));
  const { data, error, refetch } = useQuery({
    queryKey: [...usageKey(license.id), days],
    queryFn: () => api("licenses/usage", { license_id: license.id, days: Number(days) }),
    placeholderData: (before) => before,
    refetchInterval: EVERY_MS,
  });
  return (
    <Section title="How it is used">
      <SegmentedControl aria-label="Time that is shown" data={SPANS} value={days} onChange={setDays} />
      {error !== null && data === undefined && (
        <Problem title="Its use cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data !== undefined && <Picture usage={data} />}
    </Section>
  );
}

/** A week, unless the licence is younger than a day: in that it would be a line at the edge. */
function spanFor({ created }: SiteLicense, now: number): string {
  return created !== null && now - Date.parse(created) < DAY_MS ? "1" : "7";
}

const DAY_MS = 86_400_000;

const WIDTH = 600;
const HEIGHT = 120;

function Picture({ usage }: { usage: Usage }) {
  const { area, limitY, top } = usagePicture(usage, WIDTH, HEIGHT);
  const sentence = usageSentence(usage);
  const first = usage.points[0];
  return (
    <figure className="usage">
      <div className="usage-box">
        <span className="usage-top" aria-hidden>
          {top}
        </span>
        <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" role="img" aria-label={sentence}>
          <path className="usage-area" d={area} />
          {limitY !== undefined && <line className="usage-limit" x1={0} x2={WIDTH} y1={limitY} y2={limitY} />}
        </svg>
      </div>
      <figcaption>
        <div className="usage-times">
          <Text size="xs" c="dimmed">
            {first === undefined ? "" : formatMoment(first.time)}
          </Text>
          <Text size="xs" c="dimmed">
            now
          </Text>
        </div>
        <Text size="sm">{sentence}</Text>
        {limitY !== undefined && (
          <Text size="xs" c="dimmed">
            The line is the limit: what is free below it was left.
          </Text>
        )}
      </figcaption>
    </figure>
  );
}
