/** What else can be done with a terminal, and which others the project has. */

import { ActionIcon, Menu } from "@mantine/core";
import {
  IconClipboardCopy,
  IconClipboardText,
  IconDots,
  IconEraser,
  IconSearch,
  IconTrash,
  IconWorld,
} from "@tabler/icons-react";
import { useState } from "react";
import { canRead } from "../../core/clipboard.ts";
import { shortcutLabel } from "../../core/commands.ts";
import { readsToScreenReaders, setReadsToScreenReaders } from "../../core/terminal-settings.ts";
import { useProject, useStore } from "../../ui/app-context.ts";
import { Confirm } from "../../ui/ask.tsx";
import { tellFailure } from "../../ui/tell.ts";
import { OtherTerminals } from "./other-terminals.tsx";
import type { Screen } from "./screen.ts";
import { copyOrTell } from "./use-terminal.ts";

interface TerminalMenuProps {
  name: string;
  screen: Screen | undefined;
  onSearch: () => void;
}

export function TerminalMenu({ name, screen, onSearch }: TerminalMenuProps) {
  const { open } = useProject();
  const [opened, setOpened] = useState(false);
  const [ending, setEnding] = useState(false);
  return (
    <>
      <Menu position="bottom-end" opened={opened} onChange={setOpened}>
        <Menu.Target>
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="More about this terminal">
            <IconDots size={16} aria-hidden />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          {screen !== undefined && <ClipboardItems screen={screen} />}
          <Menu.Item
            leftSection={<IconSearch size={16} aria-hidden />}
            onClick={onSearch}
            rightSection={shortcutLabel("mod+shift+F")}
          >
            Search
          </Menu.Item>
          <Menu.Item leftSection={<IconEraser size={16} aria-hidden />} onClick={() => screen?.clear()}>
            Clear the screen
          </Menu.Item>
          <ScreenReaderItem />
          <Menu.Item leftSection={<IconWorld size={16} aria-hidden />} onClick={() => open.askingPort.set(true)}>
            Open a web server …
          </Menu.Item>
          <Menu.Item color="red" leftSection={<IconTrash size={16} aria-hidden />} onClick={() => setEnding(true)}>
            End its processes
          </Menu.Item>
          <OtherTerminals name={name} shown={opened} />
        </Menu.Dropdown>
      </Menu>
      {ending && (
        <Confirm
          title={`End everything in terminal “${name}”?`}
          verb="End"
          danger
          onClose={() => setEnding(false)}
          onConfirm={async () => void (await open.connection.request("terminal_kill", { name }))}
        >
          Whatever runs in it is stopped, for everybody who has it open.
        </Confirm>
      )}
    </>
  );
}

/** Keys of the clipboard have Shift here: without it they are the program's. */
function ClipboardItems({ screen }: { screen: Screen }) {
  const paste = () =>
    navigator.clipboard.readText().then(
      (text) => screen.paste(text),
      () => tellFailure("Nothing was pasted", `The browser does not let this page paste; press ${PASTE_KEY}.`),
    );
  return (
    <>
      <Menu.Item
        leftSection={<IconClipboardCopy size={16} aria-hidden />}
        rightSection={shortcutLabel("mod+shift+C")}
        onClick={() => void copyOrTell(screen.selection())}
      >
        Copy what is selected
      </Menu.Item>
      <Menu.Item
        leftSection={<IconClipboardText size={16} aria-hidden />}
        rightSection={PASTE_KEY}
        disabled={!canRead()}
        onClick={() => void paste()}
      >
        Paste
      </Menu.Item>
    </>
  );
}

const PASTE_KEY = shortcutLabel("mod+shift+V");

function ScreenReaderItem() {
  const on = useStore(readsToScreenReaders);
  return (
    <Menu.CheckboxItem checked={on} onChange={setReadsToScreenReaders} closeMenuOnClick>
      For screen readers
    </Menu.CheckboxItem>
  );
}
