/** Those who manage a licence are told a day before it ends: by mail, once for each end that it is given. */

import { isUuid } from "../../core/uuid.ts";
import type { Db, Queryable } from "../../db/db.ts";
import { NOW_OF_TRANSACTION } from "../../db/moments.ts";
import type { LicenseEnd } from "../mail/letters.ts";
import type { Mail } from "../mail/mail.ts";
import type { ClaimedMail } from "../mail/outbox.ts";
import { TOLD_BEFORE_MS } from "./moments.ts";

export interface Telling {
  licenseId: string;
  nowMs: number;
  mail: Mail;
}

/**
 * Posts the mails, if it is time and nobody has; how many. Nothing is told of a licence that was in force for less than a day: whoever made it
 * knows. Where the site has no mail it counts as not told. It is no leader's write: `ending_told` lets one of two that try do it, and either will do.
 */
export async function tellEnding(db: Db, { licenseId, nowMs, mail }: Telling): Promise<number> {
  const mailNow = await mail.now();
  if (mailNow.state("other").is === "off") return 0;
  return db.transaction(async (tx) => {
    const told = await tx.execute(
      `UPDATE site_licenses SET ending_told = expires
       WHERE id = $1 AND expires > $2 AND expires <= $2::timestamp + $3 * interval '1 millisecond'
         AND activates <= expires - $3 * interval '1 millisecond' AND ending_told IS DISTINCT FROM expires`,
      [licenseId, new Date(nowMs), TOLD_BEFORE_MS],
    );
    if (told === 0) return 0;
    const managers = await tx.query<{ account_id: string; email: string }>(
      `SELECT account_id, email_address AS email FROM accounts JOIN site_licenses ON account_id::text = ANY (managers)
       WHERE id = $1 AND email_address IS NOT NULL AND deleted IS NOT TRUE`,
      [licenseId],
    );
    let posted = 0;
    for (const { account_id: accountId, email } of managers) {
      if (await mailNow.post(tx, { kind: "license_ending", email, accountId, about: { license_id: licenseId } }))
        posted++;
    }
    return posted;
  });
}

/** What a mail tells of; undefined: the licence does not end by now, or its receiver no longer manages it. */
export async function endingOf(
  db: Queryable,
  { account_id, about }: Pick<ClaimedMail, "account_id" | "about">,
): Promise<LicenseEnd | undefined> {
  const id = about?.license_id;
  if (typeof id !== "string" || !isUuid(id)) return undefined;
  const [ending] = await db.query<LicenseEnd>(
    `SELECT coalesce(title, '') AS title, expires, (SELECT count(*) FROM projects WHERE site_license ? $1::text AND deleted IS NOT TRUE) AS projects
     FROM site_licenses WHERE id = $1::uuid AND $2 = ANY (managers) AND expires = ending_told AND expires > ${NOW_OF_TRANSACTION}`,
    [id, account_id],
  );
  return ending;
}
