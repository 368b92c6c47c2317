/** Every licence of the site, for administrators: found by typing, newest first. */

import { Button, Text, TextInput } from "@mantine/core";
import { useDebouncedValue } from "@mantine/hooks";
import { IconPlus, IconSearch } from "@tabler/icons-react";
import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { wordsOf } from "../../core/request-error.ts";
import { useApp, useNow } from "../../ui/app-context.ts";
import { Problem } from "../../ui/problem.tsx";
import { Waiting } from "../../ui/waiting.tsx";
import { LICENSES_KEY } from "./license-keys.ts";
import { LicenseRow } from "./license-row.tsx";

const SEARCH_AFTER_MS = 200;

export function AdminLicensesPage() {
  const { api } = useApp();
  const now = useNow(30_000);
  const [text, setText] = useState("");
  const [search] = useDebouncedValue(text.trim(), SEARCH_AFTER_MS);
  const { data, error, refetch, fetchNextPage, hasNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [...LICENSES_KEY, "all", search],
    queryFn: ({ pageParam }) => api("admin/licenses/list", { search, ...(pageParam && { after: pageParam }) }),
    initialPageParam: "",
    getNextPageParam: ({ next }) => next,
    placeholderData: (before) => before,
  });
  const licenses = data?.pages.flatMap((page) => page.licenses);
  return (
    <>
      <div className="page-head">
        <div className="filters licenses-search">
          <TextInput
            type="search"
            aria-label="Search licences"
            placeholder="Search by title, id or manager"
            leftSection={<IconSearch size={16} aria-hidden />}
            value={text}
            onChange={(event) => setText(event.currentTarget.value)}
          />
        </div>
        <Button component={Link} to="/admin/licenses/new" leftSection={<IconPlus size={16} aria-hidden />}>
          Make a licence
        </Button>
      </div>
      {error !== null && licenses === undefined && (
        <Problem title="The licences cannot be shown" onRetry={() => void refetch()}>
          {wordsOf(error)}
        </Problem>
      )}
      {licenses === undefined && error === null && <Waiting>Reading the licences …</Waiting>}
      <Text size="sm" role="status" className="count">
        {licenses?.length === 0 && (search === "" ? "There are no licences yet." : "No licence matches the search.")}
      </Text>
      <ul className="rows" aria-label="Licences">
        {(licenses ?? []).map((license) => (
          <LicenseRow key={license.id} license={license} now={now} to="/admin/licenses/$licenseId" />
        ))}
      </ul>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          Show more
        </Button>
      )}
    </>
  );
}
