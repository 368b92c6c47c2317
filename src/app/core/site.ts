/** Where the site is: its base path, and the addresses made from it. Knows nothing of routing inside the app. */

export interface Site {
  /** "" or such as "/cocalc": no slash at the end. */
  base: string;
}

/** Reads the base path that the role `static` wrote into the page. */
export function siteOfPage(page: Document): Site {
  return { base: page.querySelector<HTMLMetaElement>('meta[name="cocalc-base"]')?.content ?? "" };
}

/** Path of the hub's socket. */
export const hubSocketPath = ({ base }: Site): string => `${base}/hub`;
/** Path of a project's socket. */
export const projectSocketPath = ({ base }: Site, projectId: string): string => `${base}/${projectId}/api/socket`;
/** A path below a project's HTTP interface. */
export const projectApi = ({ base }: Site, projectId: string, rest: string): string =>
  `${base}/${projectId}/api/${rest}`;

/** The page to sign in, which leads back to `next`. */
export function signInAddress({ base }: Site, next: string): string {
  return `${base}/auth/sign-in?next=${encodeURIComponent(next)}`;
}

/** The bytes of a file as a page of its own; each part of the path is encoded, slashes stay. */
export function rawAddress({ base }: Site, projectId: string, path: string): string {
  return `${base}/${projectId}/raw/${path.split("/").map(encodeURIComponent).join("/")}`;
}
