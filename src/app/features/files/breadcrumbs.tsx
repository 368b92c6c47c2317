/** Where a folder is: each part leads there. */

import { IconHome } from "@tabler/icons-react";
import { Link } from "@tanstack/react-router";
import { splatOf } from "../../core/file-address.ts";
import { useProject } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";

export function Breadcrumbs({ path }: { path: string }) {
  const { project } = useProject();
  const parts = path.split("/").filter((part) => part !== "");
  const root = path.startsWith("/") ? "/" : "";
  const params = (splat: string) => ({ projectId: project.project_id, _splat: splat });
  return (
    <nav aria-label="Folder" className="breadcrumbs">
      <ol>
        <li>
          <Link
            to="/projects/$projectId/files/$"
            params={params("")}
            aria-label="Home folder"
            aria-current={parts.length === 0 ? "page" : undefined}
          >
            <IconHome size={18} aria-hidden />
          </Link>
        </li>
        {parts.map((part, index) => {
          const upTo = root + parts.slice(0, index + 1).join("/");
          return (
            <li key={upTo}>
              <Link
                to="/projects/$projectId/files/$"
                params={params(splatOf(`${upTo}/`))}
                aria-current={index === parts.length - 1 ? "page" : undefined}
              >
                <FileName name={part} />
              </Link>
            </li>
          );
        })}
      </ol>
    </nav>
  );
}
