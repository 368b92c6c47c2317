/** One licence in a list: its name, what it gives, whether it is in force, and how much of it is used. */

import { Text } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { countOf } from "../../core/format.ts";
import { givesWords, licenseName, termWords } from "../../core/license-view.ts";
import { ForceBadge } from "./force-badge.tsx";
import { Places } from "./places.tsx";

interface RowProps {
  license: ManagedLicense;
  now: number;
  /** Where its page is: among the pages for administrators, or those of its managers. */
  to: "/admin/licenses/$licenseId" | "/licenses/$licenseId";
}

export function LicenseRow({ license, now, to }: RowProps) {
  return (
    <li className="row license-row">
      <div className="row-words">
        <Link to={to} params={{ licenseId: license.id }} className="license-name">
          {licenseName(license)}
        </Link>
        <Text size="xs" c="dimmed">
          {givesWords(license).join(", ") || "Gives nothing"}
        </Text>
        <Text size="xs" c="dimmed">
          {termWords(license, now)} {countOf(license.projects, "project has it", "projects have it")}.
        </Text>
      </div>
      <Places license={license} />
      <ForceBadge license={license} now={now} />
    </li>
  );
}
