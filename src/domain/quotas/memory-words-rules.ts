/** Amounts of memory as people read them, everywhere in the unit of quotas, so that what is used, allowed and asked for can be compared. Pure. */

/**
 * Bytes of one MB of a quota, as pods have it (`Mi`). A GB is 1,000 of them, as a licence counts: "1 GB" is what a project has of whom a
 * quota says 1,000.
 */
export const QUOTA_MB = 2 ** 20;

const UNITS = ["MB", "GB", "TB"] as const;

/** Bytes: 1,048,576,000 → "1 GB", 932,000,000 → "889 MB". */
export function memoryWords(bytes: number): string {
  return megabyteWords(bytes / QUOTA_MB);
}

/** An amount as a quota has it: 512 → "512 MB", 2,500 → "2.5 GB". */
export function megabyteWords(megabytes: number): string {
  let value = megabytes;
  let unit = 0;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1_000;
    unit += 1;
  }
  const digits = unit > 0 ? 2 : value < 10 ? 1 : 0;
  return `${Number(value.toFixed(digits))} ${UNITS[unit]}`;
}
