/** The page of one licence: for administrators, who also change and end it, and for those who manage it. */

import { Title } from "@mantine/core";
import { Link, useParams } from "@tanstack/react-router";
import { type ReactNode, useEffect } from "react";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { licenseName } from "../../core/license-view.ts";
import { wordsOf } from "../../core/request-error.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { ChangeLicense } from "./change-license.tsx";
import { EndLicense } from "./end-license.tsx";
import { LicenseParts } from "./license-parts.tsx";
import { useLicense } from "./use-license.ts";

export function AdminLicensePage() {
  return (
    <LicenseById isAdmin headingOrder={2}>
      {(license) => (
        <>
          <ChangeLicense key={license.id} license={license} />
          <EndLicense license={license} />
        </>
      )}
    </LicenseById>
  );
}

export function ManagedLicensePage() {
  return (
    <main id="content" className="page settings" tabIndex={-1}>
      <LicenseById isAdmin={false} headingOrder={1} />
    </main>
  );
}

interface LicenseByIdProps {
  isAdmin: boolean;
  headingOrder: 1 | 2;
  /** What may be done beyond handing it out. */
  children?: (license: ManagedLicense) => ReactNode;
}

function LicenseById({ isAdmin, headingOrder, children }: LicenseByIdProps) {
  const { licenseId = "" } = useParams({ strict: false });
  const { data: license, error, refetch } = useLicense(licenseId, isAdmin);
  const name = license ? licenseName(license) : "Licence";
  useEffect(() => {
    document.title = `${name} – CoCalc`;
  }, [name]);
  return (
    <>
      <Link to={isAdmin ? "/admin/licenses" : "/licenses"}>All licences</Link>
      <Title order={headingOrder} size="h3">
        {name}
      </Title>
      {error !== null && license === undefined && (
        <Problem title="The licence cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {license === undefined && error === null && <Waiting>Reading the licence …</Waiting>}
      {license === null && (
        <Problem title="There is no such licence">
          It may have been removed, or it is managed by others: an administrator can name you among its managers.
        </Problem>
      )}
      {license && (
        <>
          <LicenseParts license={license} isAdmin={isAdmin} />
          {children?.(license)}
        </>
      )}
    </>
  );
}
