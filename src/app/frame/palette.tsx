/** The command palette: every action and every known file by name, from the keyboard. */

import "@mantine/spotlight/styles.css";
import { Kbd } from "@mantine/core";
import { Spotlight, spotlight } from "@mantine/spotlight";
import { IconSearch } from "@tabler/icons-react";
import { useEffect, useRef } from "react";
import { shortcutLabel } from "../core/commands.ts";
import { useApp, useStore } from "../ui/app-context.ts";

const MOST_SHOWN = 12;

export function Palette({ onClose }: { onClose: () => void }) {
  const commands = useStore(useApp().commands.list);
  const before = useRef<Element>(null);
  const acted = useRef(false);
  useEffect(() => {
    before.current = document.activeElement;
    spotlight.open();
  }, []);
  // Only who leaves without choosing goes back to where they were: an action puts the focus where it wants it.
  const close = () => {
    onClose();
    if (!acted.current && before.current instanceof HTMLElement) before.current.focus();
  };
  const groups = Map.groupBy(commands, ({ group }) => group);
  const actions = [...groups].map(([group, members]) => ({
    group,
    actions: members.map(({ id, title, hint, shortcut, run }) => ({
      id,
      label: title,
      onClick: () => {
        acted.current = true;
        run();
      },
      ...(hint !== undefined && { description: hint }),
      ...(shortcut !== undefined && { rightSection: <Kbd size="xs">{shortcutLabel(shortcut)}</Kbd> }),
    })),
  }));
  return (
    <Spotlight
      actions={actions}
      shortcut={null}
      limit={MOST_SHOWN}
      nothingFound="No action and no open file has that name."
      highlightQuery
      scrollable
      onSpotlightClose={close}
      returnFocus={false}
      searchProps={{
        leftSection: <IconSearch size={18} aria-hidden />,
        placeholder: "What would you like to do?",
        "aria-label": "Search actions and files",
      }}
    />
  );
}
