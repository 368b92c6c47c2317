/** Kubernetes' quantities as numbers. Pure. */

const FACTORS: Record<string, number> = {
  "": 1,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number of its unit; undefined for what is none. */
export function quantity(value: unknown): number | undefined {
  const found = /^([+-]?(?:\d+\.?\d*|\.\d+))(?:[eE]([+-]?\d+)|(n|u|m|k|[KMGTPE]i?|))$/.exec(String(value ?? "").trim());
  if (!found) return undefined;
  const [, digits = "", exponent, suffix = ""] = found;
  const factor = exponent === undefined ? FACTORS[suffix] : 10 ** Number(exponent);
  return factor === undefined ? undefined : Number(digits) * factor;
}

/** `500m` → 0.5 */
export const coresOf = quantity;
/** `1Gi` → 1073741824 */
export const bytesOf = quantity;
