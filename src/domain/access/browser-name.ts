/** Roughly which browser a session is of, in a few words of ours: enough to know one's own, and nothing that tells people apart. Pure. */

/** The first that fits: most browsers also name those that they resemble. */
const BROWSERS: readonly [RegExp, string][] = [
  [/\bEdg(e|A|iOS)?\//, "Edge"],
  [/\bOPR\/|\bOpera\b/, "Opera"],
  [/\bSamsungBrowser\//, "Samsung Internet"],
  [/\b(Firefox|FxiOS)\//, "Firefox"],
  [/(Chrome|Chromium|CriOS)\//, "Chrome"],
  [/\bVersion\/\S+.* Safari\//, "Safari"],
];
const SYSTEMS: readonly [RegExp, string][] = [
  [/\biPhone\b/, "iPhone"],
  [/\biPad\b/, "iPad"],
  [/\bAndroid\b/, "Android"],
  [/\bCrOS\b/, "ChromeOS"],
  [/\bWindows\b/, "Windows"],
  [/\bMac OS X\b|\bMacintosh\b/, "macOS"],
  [/\bLinux\b/, "Linux"],
];
const MAX_LOOKED_AT = 500;

/** Such as "Firefox on Linux"; "A program" for what does not say that it is a browser. */
export function browserName(userAgent: string | undefined): string {
  const text = (userAgent ?? "").slice(0, MAX_LOOKED_AT);
  if (!text.startsWith("Mozilla/")) return "A program";
  const browser = BROWSERS.find(([pattern]) => pattern.test(text))?.[1] ?? "A browser";
  const system = SYSTEMS.find(([pattern]) => pattern.test(text))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}
