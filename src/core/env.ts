/** The one place that reads `process.env`; everything else is given a parsed configuration. */

export type Environment = Readonly<Record<string, string | undefined>>;

/** The environment of this process, as it is now. */
export function environment(): Environment {
  return process.env;
}
