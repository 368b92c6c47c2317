/** Search in what a terminal has put out. */

import { ActionIcon, CloseButton, TextInput } from "@mantine/core";
import { IconArrowDown, IconArrowUp } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import type { Screen } from "./screen.ts";

export function SearchBar({ screen, onClose }: { screen: Screen; onClose: () => void }) {
  const [text, setText] = useState("");
  const [missing, setMissing] = useState(false);
  const find = (direction: "next" | "previous") => setMissing(text !== "" && !screen.find(text, direction));
  const close = () => {
    onClose();
    screen.focus();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "Enter") find(event.shiftKey ? "next" : "previous");
    if (event.key === "Escape") close();
  };
  return (
    <search className="terminal-search">
      <TextInput
        size="xs"
        aria-label="Search in the terminal"
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={onKey}
        error={missing ? "Not found" : undefined}
        autoFocus
      />
      <ActionIcon variant="default" onClick={() => find("previous")} aria-label="Find above">
        <IconArrowUp size={16} aria-hidden />
      </ActionIcon>
      <ActionIcon variant="default" onClick={() => find("next")} aria-label="Find below">
        <IconArrowDown size={16} aria-hidden />
      </ActionIcon>
      <CloseButton onClick={close} aria-label="Close the search" />
    </search>
  );
}
