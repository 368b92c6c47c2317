/** What is wrong with something that a schema refused, for whoever wrote it: the first few things, and where. Pure. */

const MAX_TOLD = 5;

export function issuesInWords(issues: readonly { path: PropertyKey[]; message: string }[]): string {
  const told = issues.slice(0, MAX_TOLD).map(({ path, message }) => {
    const where = path.map(String).join(".").slice(0, 100);
    return where === "" ? message : `${where}: ${message}`;
  });
  return told.join("; ");
}
