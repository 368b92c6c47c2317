/** The frame of the pages for administrators of the site: their heading, the way between them, and the page. */

import { Title } from "@mantine/core";
import { Link, Outlet } from "@tanstack/react-router";
import { useEffect } from "react";
import { useApp, useStore } from "../ui/app-context.ts";
import { Problem } from "../ui/problem.tsx";
import { Waiting } from "../ui/waiting.tsx";
import { ADMIN_PAGES } from "./admin-pages.ts";

export function AdminFrame() {
  const account = useStore(useApp().hub.account);
  useEffect(() => {
    document.title = "Administration – CoCalc";
  }, []);
  return (
    <main id="content" className="page settings" tabIndex={-1}>
      <Title order={1} size="h2">
        Administration
      </Title>
      {account === undefined && <Waiting>Asking who you are …</Waiting>}
      {account?.is_admin === false && (
        <Problem title="These pages are for administrators of the site">
          Another administrator can make you one, on these pages.
        </Problem>
      )}
      {account?.is_admin === true && (
        <>
          <nav className="areas" aria-label="Administration">
            {ADMIN_PAGES.map(({ to, title }) => (
              <Link key={to} to={to} activeOptions={{ exact: to === "/admin" }} className="area">
                {title}
              </Link>
            ))}
          </nav>
          <Outlet />
        </>
      )}
    </main>
  );
}
