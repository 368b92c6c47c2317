/** The pages for administrators, in the order in which they are offered: by the navigation and by the palette. */

export const ADMIN_PAGES = [{ to: "/admin", title: "Overview" }] as const;
