/** For administrators: how the site's mail goes, and what to do when it does not. */

import { Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { countOf } from "../../core/format.ts";
import { wordsOf } from "../../core/request-error.ts";
import { useApp } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Section } from "../../ui/section.tsx";

const EVERY_MS = 30_000;

export function SiteMail() {
  const { api } = useApp();
  const { data, error, refetch } = useQuery({
    queryKey: ["site-mail"],
    queryFn: () => api("admin/mail", {}),
    refetchInterval: EVERY_MS,
  });
  return (
    <Section title="E-mail of this site">
      {error !== null && (
        <Problem title="It cannot be told" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {data?.state === "off" && (
        <Text size="sm">
          The site sends none. Who forgets a password needs a link of yours: cocalc-k8s admin reset-link.
        </Text>
      )}
      {data?.state === "on" && data.failed === 0 && (
        <Text size="sm">All is well; {countOf(data.waiting, "mail is", "mails are")} on the way.</Text>
      )}
      {data?.state === "wrong" && (
        <Problem title="Mail is switched on and cannot be sent" details={data.problem}>
          {data.fix}
        </Problem>
      )}
      {data !== undefined && data.failed > 0 && (
        <Problem
          title={`${countOf(data.failed, "mail was", "mails were")} given up in the last day`}
          details={data.problem}
        >
          Run cocalc-k8s doctor: it signs in to the mail server and says what to do. {countOf(data.waiting, "mail")}{" "}
          still tried.
        </Problem>
      )}
    </Section>
  );
}
