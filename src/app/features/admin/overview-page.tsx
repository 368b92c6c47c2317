/** For administrators: how the site's mail goes, and the acts that concern single accounts and projects. */

import { SiteActs } from "./site-acts.tsx";
import { SiteMail } from "./site-mail.tsx";

export function OverviewPage() {
  return (
    <>
      <SiteMail />
      <SiteActs />
    </>
  );
}
