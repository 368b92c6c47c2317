/** Every address of the app and what is shown there; pages are loaded when they are first opened. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  type ErrorComponentProps,
  lazyRouteComponent,
  redirect,
} from "@tanstack/react-router";
import type { PlaceContext } from "../core/file-address.ts";
import { wordsOf } from "../core/request-error.ts";
import type { Site } from "../core/site.ts";
import { Problem } from "../ui/problem.tsx";
import { Waiting } from "../ui/waiting.tsx";
import { AppFrame } from "./app-frame.tsx";
import { NotFound } from "./not-found.tsx";

const root = createRootRoute({ component: AppFrame, notFoundComponent: NotFound });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/projects" });
  },
});
const projects = createRoute({
  getParentRoute: () => root,
  path: "/projects",
  component: lazyRouteComponent(() => import("../features/projects/projects-page.tsx"), "ProjectsPage"),
});
const account = createRoute({
  getParentRoute: () => root,
  path: "/account",
  component: lazyRouteComponent(() => import("../features/account/account-page.tsx"), "AccountPage"),
});

const admin = createRoute({
  getParentRoute: () => root,
  path: "/admin",
  component: lazyRouteComponent(() => import("./admin-frame.tsx"), "AdminFrame"),
});
const adminOverview = createRoute({
  getParentRoute: () => admin,
  path: "/",
  component: lazyRouteComponent(() => import("../features/admin/overview-page.tsx"), "OverviewPage"),
});

const adminLicenses = createRoute({
  getParentRoute: () => admin,
  path: "/licenses",
  component: lazyRouteComponent(() => import("../features/licenses/admin-licenses-page.tsx"), "AdminLicensesPage"),
});
const newLicense = createRoute({
  getParentRoute: () => admin,
  path: "/licenses/new",
  component: lazyRouteComponent(() => import("../features/licenses/new-license-page.tsx"), "NewLicensePage"),
});
const adminLicense = createRoute({
  getParentRoute: () => admin,
  path: "/licenses/$licenseId",
  component: lazyRouteComponent(() => import("../features/licenses/license-page.tsx"), "AdminLicensePage"),
});
const adminCluster = createRoute({
  getParentRoute: () => admin,
  path: "/cluster",
  component: lazyRouteComponent(() => import("../features/cluster/cluster-page.tsx"), "ClusterPage"),
});
const adminSettings = createRoute({
  getParentRoute: () => admin,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/site-settings/site-settings-page.tsx"), "SiteSettingsPage"),
});
const licenses = createRoute({
  getParentRoute: () => root,
  path: "/licenses",
  component: lazyRouteComponent(() => import("../features/licenses/managed-licenses-page.tsx"), "ManagedLicensesPage"),
});
const license = createRoute({
  getParentRoute: () => root,
  path: "/licenses/$licenseId",
  component: lazyRouteComponent(() => import("../features/licenses/license-page.tsx"), "ManagedLicensePage"),
});

const project = createRoute({
  getParentRoute: () => root,
  path: "/projects/$projectId",
  component: lazyRouteComponent(() => import("./project-frame.tsx"), "ProjectFrame"),
});
const projectHome = createRoute({
  getParentRoute: () => project,
  path: "/",
  beforeLoad: ({ params }) => {
    throw redirect({ to: "/projects/$projectId/files/$", params: { ...params, _splat: "" }, replace: true });
  },
});
const filePlace = lazyRouteComponent(() => import("./file-place.tsx"), "FilePlace");
const files = createRoute({
  getParentRoute: () => project,
  path: "/files/$",
  beforeLoad: ({ location }): PlaceContext => ({ isFolder: location.pathname.endsWith("/") }),
  component: filePlace,
});
const terminal = createRoute({
  getParentRoute: () => project,
  path: "/terminal/$name",
  component: lazyRouteComponent(() => import("./terminal-place.tsx"), "TerminalPlace"),
});
const trash = createRoute({
  getParentRoute: () => project,
  path: "/trash",
  component: lazyRouteComponent(() => import("../features/files/trash-page.tsx"), "TrashPage"),
});
const members = createRoute({
  getParentRoute: () => project,
  path: "/members",
  component: lazyRouteComponent(() => import("../features/members/members-page.tsx"), "MembersPage"),
});
const log = createRoute({
  getParentRoute: () => project,
  path: "/log",
  component: lazyRouteComponent(() => import("../features/log/log-page.tsx"), "LogPage"),
});
const settings = createRoute({
  getParentRoute: () => project,
  path: "/settings",
  component: lazyRouteComponent(() => import("../features/settings/settings-page.tsx"), "SettingsPage"),
});

const tree = root.addChildren([
  home,
  projects,
  account,
  admin.addChildren([adminOverview, adminLicenses, newLicense, adminLicense, adminCluster, adminSettings]),
  licenses,
  license,
  project.addChildren([projectHome, files, trash, terminal, members, log, settings]),
]);

/** A page that could not be drawn, or whose code could not be loaded (after an update of the site, for one). */
function Broken({ error, reset }: ErrorComponentProps) {
  return (
    <section className="page">
      <Problem
        title="This page could not be shown"
        details={wordsOf(error)}
        onRetry={() => window.location.reload()}
        retryLabel="Reload the page"
        action={
          <button type="button" className="plain" onClick={reset}>
            Try without reloading
          </button>
        }
      >
        The site may have been updated, or the connection was lost while the page was being loaded. What you typed is
        kept.
      </Problem>
    </section>
  );
}

/** The router of a site: all paths are below `<base>/app`. */
export function openRouter({ base }: Site) {
  return createRouter({
    routeTree: tree,
    basepath: `${base}/app`,
    defaultPreload: "intent",
    defaultPendingMs: 200,
    defaultPendingComponent: () => <Waiting>Loading the page …</Waiting>,
    defaultErrorComponent: Broken,
    trailingSlash: "preserve",
  });
}

/** Lets the compiler know every address of the app wherever a link is made. */
declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof openRouter>;
  }
}
