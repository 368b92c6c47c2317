/** The rail of a project's pages; at phone width, the bar at the bottom. */

import { IconFolder, IconHistory, IconSettings, IconTerminal2, IconUsers } from "@tabler/icons-react";
import { Link, useRouterState } from "@tanstack/react-router";
import { useProject } from "../../ui/app-context.ts";

const PAGES = [
  { label: "Files", page: "files", to: "/projects/$projectId/files/$", params: { _splat: "" }, icon: IconFolder },
  {
    label: "Terminal",
    page: "terminal",
    to: "/projects/$projectId/terminal/$name",
    params: { name: "main" },
    icon: IconTerminal2,
  },
  { label: "Members", page: "members", to: "/projects/$projectId/members", params: {}, icon: IconUsers },
  { label: "Log", page: "log", to: "/projects/$projectId/log", params: {}, icon: IconHistory },
  { label: "Settings", page: "settings", to: "/projects/$projectId/settings", params: {}, icon: IconSettings },
] as const;

export function Rail() {
  const { project } = useProject();
  const pathname = useRouterState({ select: ({ location }) => location.pathname });
  const rest = pathname.slice(pathname.indexOf(project.project_id) + project.project_id.length + 1);
  const here = rest.split("/")[0];
  return (
    <nav className="rail" aria-label="Project">
      {PAGES.map(({ label, page, to, params, icon: Icon }) => (
        <Link
          key={page}
          to={to}
          params={{ projectId: project.project_id, ...params }}
          className={page === here ? "rail-link rail-here" : "rail-link"}
          aria-current={page === here ? "page" : undefined}
        >
          <Icon size={20} aria-hidden />
          <span>{label}</span>
        </Link>
      ))}
    </nav>
  );
}
