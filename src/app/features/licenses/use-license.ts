/** One licence, as an administrator finds it, or as one of its managers does. */

import { useQuery } from "@tanstack/react-query";
import type { ManagedLicense } from "../../../protocol/api-v2-licenses.ts";
import { useApp } from "../../ui/app-context.ts";
import { licenseKey } from "./license-keys.ts";

const EVERY_MS = 15_000;

/** `data` is null where there is no such licence, or it is not the reader's. */
export function useLicense(licenseId: string, isAdmin: boolean) {
  const { api } = useApp();
  return useQuery({
    queryKey: licenseKey(licenseId),
    queryFn: async (): Promise<ManagedLicense | null> => {
      const { licenses } = isAdmin
        ? await api("admin/licenses/list", { search: licenseId })
        : await api("licenses/get-managed", {});
      return licenses.find(({ id }) => id === licenseId) ?? null;
    },
    refetchInterval: EVERY_MS,
  });
}
