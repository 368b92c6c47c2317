import { expect, test } from "@jest/globals";
import { unavailable } from "../../src/core/errors.ts";
import type { ServiceRow } from "../../src/domain/starts/service-row.ts";
import type { Pod } from "../../src/kube/types.ts";
import { keptLog } from "../../test/helpers/log.ts";
import { wakeUnsettled } from "./quota-watch.ts";

const pod = {} as Pod; // that there is one is all that is asked
const row = { ticket: null } as ServiceRow; // likewise of what is under way

function lookout(isSettled: (projectId: string) => Promise<boolean>) {
  const { log, lines } = keptLog();
  const woken: string[] = [];
  const parts = { log, pods: { get: () => pod }, records: { read: async () => row }, quotas: { isSettled } };
  return { lines, woken, look: () => wakeUnsettled(parts, ["bad", "good"], (projectId) => void woken.push(projectId)) };
}

test("one project whose quota cannot be found out kept all others from theirs: they are woken, and it is told of in the log", async () => {
  const { look, lines, woken } = lookout(async (projectId) => {
    if (projectId === "bad") throw new RangeError("Maximum call stack size exceeded");
    return false;
  });
  await look();
  expect(woken).toEqual(["good"]);
  expect(lines).toMatchObject([{ level: "error", fields: { projectId: "bad" } }]);
});

test("where the database is away all are looked at again", async () => {
  const { look, lines } = lookout(() => Promise.reject(unavailable("The database cannot be reached.")));
  await expect(look()).rejects.toMatchObject({ code: "unavailable" });
  expect(lines).toEqual([]);
});
