/** One licence: what it gives, how it is used over time, who has it, and handing it out. */

import { Code, Stack, Text } from "@mantine/core";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { formatAgo } from "../../core/format.ts";
import { givesWords, kindWords, termWords } from "../../core/license-view.ts";
import { useNow } from "../../ui/app-context.ts";
import { Section } from "../../ui/section.tsx";
import { ForceBadge } from "./force-badge.tsx";
import { HandOut } from "./hand-out.tsx";
import { LicenseProjects } from "./license-projects.tsx";
import { LicenseUse } from "./license-use.tsx";
import { Places } from "./places.tsx";

export function LicenseParts({ license, isAdmin }: { license: ManagedLicense; isAdmin: boolean }) {
  return (
    <>
      <About license={license} />
      <LicenseUse license={license} />
      <HandOut license={license} isAdmin={isAdmin} />
      <LicenseProjects license={license} isAdmin={isAdmin} />
    </>
  );
}

function About({ license }: { license: ManagedLicense }) {
  const now = useNow(1_000);
  const { description, last_used, managers, restricted, not_counted } = license;
  const names = managers.map(
    ({ first_name, last_name, email_address }) =>
      `${first_name} ${last_name}`.trim() + (email_address ? ` (${email_address})` : ""),
  );
  const gives = givesWords(license);
  const kind = kindWords(license);
  return (
    <Section title="What it gives">
      <ForceBadge license={license} now={now} />
      {description !== "" && <Text size="sm">{description}</Text>}
      <ul className="gives">
        {gives.map((words) => (
          <li key={words}>{words}</li>
        ))}
        {gives.length === 0 && <li>Nothing.</li>}
      </ul>
      {not_counted.length > 0 && (
        <div className="wrong">
          <Text size="sm">It was written in a way that some of it counts for nothing:</Text>
          <ul>
            {not_counted.map((words) => (
              <li key={words}>{words}</li>
            ))}
          </ul>
        </div>
      )}
      <Stack gap={4}>
        {kind !== undefined && (
          <Text size="sm">Of the kind “{kind}”: it adds up with licences of the same kind alone.</Text>
        )}
        <Text size="sm">{termWords(license, now)}</Text>
        <Text size="sm">{last_used === null ? "Not used yet." : `Last used ${formatAgo(last_used, now)}.`}</Text>
        <Text size="sm">
          {names.length === 0 ? "Administrators alone manage it." : `Managed by ${names.join(", ")}.`}
        </Text>
        <Text size="sm">
          {restricted
            ? "Only its managers and administrators give it to projects."
            : "Whoever has its id may give it to projects of their own."}
        </Text>
        <Text size="sm">
          Its id: <Code>{license.id}</Code>
        </Text>
      </Stack>
      <Places license={license} />
    </Section>
  );
}
