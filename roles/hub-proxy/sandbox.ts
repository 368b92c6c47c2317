/** What comes out of a pod is untrusted: which of its headers pass to a browser, on the app's origin and on the project's own. Pure. */

import type { RewriteHeader } from "../../src/net/proxy/forward-headers.ts";
import { PROJECT_COOKIE } from "../../src/net/visitor/cookies.ts";

/** What a pod may say of its own answer on the app's origin, and nothing else: whatever a browser or a proxy learns to obey next is not in it. */
const OF_THE_ANSWER = new Set([
  "accept-ranges",
  "allow",
  "cache-control",
  "content-disposition",
  "content-encoding",
  "content-language",
  "content-length",
  "content-range",
  "content-type",
  "date",
  "etag",
  "expires",
  "last-modified",
  "location",
  "pragma",
  "retry-after",
  "sec-websocket-accept",
  "sec-websocket-extensions",
  "sec-websocket-protocol",
  "sec-websocket-version",
  "vary",
]);

/** Whether a proxy waits for more of an answer before it passes it on: what streams events asks for that, and it does nothing else. */
const BUFFERING = "x-accel-buffering";
const isBuffering = (name: string, value: string): boolean => name === BUFFERING && /^(?:yes|no)$/i.test(value);

export const onAppOrigin: RewriteHeader = (name, value) =>
  OF_THE_ANSWER.has(name) || isBuffering(name, value) ? value : undefined;

/** No sensor, no device, no payment, in whatever is shown of a project in the app's name. */
const NO_POWERS = [
  "accelerometer",
  "bluetooth",
  "camera",
  "clipboard-read",
  "display-capture",
  "geolocation",
  "gyroscope",
  "hid",
  "identity-credentials-get",
  "local-fonts",
  "magnetometer",
  "microphone",
  "midi",
  "payment",
  "publickey-credentials-create",
  "publickey-credentials-get",
  "screen-wake-lock",
  "serial",
  "storage-access",
  "usb",
  "window-management",
]
  .map((power) => `${power}=()`)
  .join(", ");

/** Of all that a pod answers on the app's origin: read as what it says it is, by pages of this origin alone, and without powers. */
const UNDER_GUARD = [
  "X-Content-Type-Options",
  "nosniff",
  "Cross-Origin-Resource-Policy",
  "same-origin",
  "Permissions-Policy",
  NO_POWERS,
];
/** No script, no form, no origin. */
export const FILE_SANDBOX = ["Content-Security-Policy", "sandbox", ...UNDER_GUARD];
/** A page that may run, under an opaque origin: it reads nothing of the app's. */
export const WEB_SANDBOX = [
  "Content-Security-Policy",
  "sandbox allow-scripts allow-forms allow-popups allow-modals allow-downloads",
  ...UNDER_GUARD,
];

/** As what a page would run or be styled by bytes of a project, which would then speak in the page's name (Sec-Fetch-Dest). */
const USED_AS_CODE = new Set([
  "audioworklet",
  "embed",
  "json",
  "manifest",
  "object",
  "paintworklet",
  "script",
  "serviceworker",
  "sharedworker",
  "style",
  "worker",
  "xslt",
]);

/** Would a page of the app's origin use the answer as its own code? `destination` is the request's Sec-Fetch-Dest. */
export function isUsedAsCode(destination: string | string[] | undefined): boolean {
  return typeof destination === "string" && USED_AS_CODE.has(destination.toLowerCase());
}

/**
 * What reaches further than a project's own origin: clearing cookies clears those of the whole domain, a session can be bound to the whole
 * site, and proxies in front of us act on what names another answer or how long to keep it.
 */
const REACH_FURTHER = new Set(["alt-svc", "clear-site-data", "strict-transport-security", "x-sendfile"]);
const FOR_PROXIES = /^(?:x-accel-|x-lighttpd-|x-litespeed-|x-reproxy-|x-envoy-|surrogate-|cdn-|sec(?:ure)?-session-)/;

/** A project's own origin may keep its cookies to itself: never for its siblings, never ours. */
export const onProjectOrigin: RewriteHeader = (name, value) => {
  if (isBuffering(name, value)) return value;
  if (REACH_FURTHER.has(name) || FOR_PROXIES.test(name)) return undefined;
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
