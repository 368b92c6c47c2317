/** What comes out of a pod is untrusted: which of its headers pass to a browser, on the app's origin and on the project's own. Pure. */

import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { PROJECT_COOKIE } from "../../src/net/visitor/cookies.ts";

/** Headers that speak for a whole origin, or let other origins in: a pod does not speak for the app's. */
const SPEAK_FOR_THE_ORIGIN = new Set([
  "access-control-allow-credentials",
  "access-control-allow-origin",
  "alt-svc",
  "clear-site-data",
  "nel",
  "origin-agent-cluster",
  "report-to",
  "reporting-endpoints",
  "service-worker-allowed",
  "set-cookie",
  "strict-transport-security",
  "www-authenticate", // the browser would ask for a password in the app's name
  "x-content-type-options",
]);

export const onAppOrigin: RewriteHeader = (name, value) => (SPEAK_FOR_THE_ORIGIN.has(name) ? undefined : value);

/** No script, no form, no origin. */
export const FILE_SANDBOX = ["Content-Security-Policy", "sandbox", "X-Content-Type-Options", "nosniff"];
/** A page that may run, under an opaque origin: it reads nothing of the app's. */
export const WEB_SANDBOX = [
  "Content-Security-Policy",
  "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads",
  "X-Content-Type-Options",
  "nosniff",
];

/** What reaches further than a project's own origin: clearing cookies clears those of the whole domain. */
const REACH_FURTHER = new Set(["clear-site-data", "strict-transport-security"]);

/** A project's own origin may keep its cookies to itself: never for its siblings, never ours. */
export const onProjectOrigin: RewriteHeader = (name, value) => {
  if (REACH_FURTHER.has(name)) return undefined;
  if (name !== "set-cookie") return value;
  const [pair = "", ...attributes] = value.split(";");
  // Whatever stands before the first "=": a cookie without a name is sent as its value alone.
  if (/^\s*=/.test(pair) || pair.split("=", 1)[0]?.includes(PROJECT_COOKIE)) return undefined;
  return [pair, ...attributes.filter((attribute) => !/^\s*domain\s*=/i.test(attribute))].join(";");
};

/** Only the app and the project itself may show a project's pages in a frame. */
export function framedBy(appOrigin: string | undefined): string[] {
  return ["Content-Security-Policy", `frame-ancestors 'self'${appOrigin === undefined ? "" : ` ${appOrigin}`}`];
}
