/** The pages for administrators, in the order in which they are offered: by the navigation and by the palette. */

export const ADMIN_PAGES = [
  { to: "/admin", title: "Overview" },
  { to: "/admin/licenses", title: "Licences" },
  { to: "/admin/cluster", title: "Cluster" },
  { to: "/admin/settings", title: "Site settings" },
] as const;
