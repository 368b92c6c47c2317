/** Short messages at the edge of the page, read out by screen readers; with Undo where something can be undone. */

import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";
import { wordsOf } from "../core/request-error.ts";

/** Something went well. */
export function tell(message: ReactNode): void {
  notifications.show({ message, autoClose: 4_000, withBorder: true, closeButtonProps: { "aria-label": "Dismiss" } });
}

/** Something failed: stays until dismissed. */
export function tellFailure(what: string, error: unknown): void {
  notifications.show({
    title: what,
    message: wordsOf(error),
    color: "red",
    autoClose: 12_000,
    withBorder: true,
    role: "alert",
    closeButtonProps: { "aria-label": "Dismiss" },
  });
}
