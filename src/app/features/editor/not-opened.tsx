/** A file that is not there, or that cannot be opened as it is: why, and what can be done about it. */

import { Button, Group, NativeSelect, Stack, Text, Title } from "@mantine/core";
import { IconDownload, IconFilePlus } from "@tabler/icons-react";
import { useState } from "react";
import { TEXT_ENCODINGS, type TextEncoding } from "../../../protocol/document-text.ts";
import type { DocumentProvider } from "../../core/document-provider.ts";
import { visibleName } from "../../core/names.ts";
import { baseName } from "../../core/paths.ts";
import { useProject } from "../../ui/app-context.ts";
import { FileName } from "../../ui/file-name.tsx";
import { Problem } from "../../ui/problem.tsx";
import { tellFailure } from "../../ui/tell.ts";

interface NotOpenedProps {
  path: string;
  provider: DocumentProvider;
}

/** There is no file. `why` says so in words, such as that a link leads to nothing. */
export function MissingFile({ path, provider, why }: NotOpenedProps & { why: string }) {
  const { open } = useProject();
  const create = async () => {
    try {
      if (provider.state.get().phase === "shown") await provider.save();
      else {
        await open.files.createFile(path, { makeFolders: true });
        await provider.retry();
      }
      open.filesChanged.update((count) => count + 1);
    } catch (error) {
      tellFailure(`“${visibleName(path)}” could not be created`, error);
    }
  };
  return (
    <div className="file-view">
      <Stack align="flex-start" gap="sm">
        <Title order={1} size="h4">
          There is no file “<FileName name={baseName(path)} />”
        </Title>
        <Text size="sm">{why}</Text>
        <Button leftSection={<IconFilePlus size={16} aria-hidden />} onClick={() => void create()}>
          Create it
        </Button>
      </Stack>
    </div>
  );
}

const ENCODINGS = Object.entries(TEXT_ENCODINGS).map(([value, label]) => ({ value, label }));

/** The file is no text that can be told: it is downloaded, or opened in an encoding that a person knows. */
export function OtherEncoding({ path, provider, why }: NotOpenedProps & { why: string }) {
  const [encoding, setEncoding] = useState<TextEncoding>("windows-1252");
  return (
    <div className="file-view">
      <Stack align="flex-start" gap="sm">
        <Title order={1} size="h4">
          <FileName name={baseName(path)} />
        </Title>
        <Text size="sm">{why}</Text>
        <Group align="flex-end" gap="xs">
          <NativeSelect
            label="Encoding"
            data={ENCODINGS}
            value={encoding}
            onChange={({ currentTarget }) => setEncoding(currentTarget.value as TextEncoding)} // one of those above
          />
          <Button variant="default" onClick={() => void provider.openAs(encoding)}>
            Open as text
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          It is saved in the same encoding, and what you do not edit stays as it is, byte by byte.
        </Text>
        <Download path={path} />
      </Stack>
    </div>
  );
}

export function OpeningFailed({ path, provider, why }: NotOpenedProps & { why: string | undefined }) {
  return (
    <div className="file-view">
      <Problem
        title={`“${visibleName(path)}” cannot be opened`}
        onRetry={() => void provider.retry()}
        action={<Download path={path} />}
      >
        {why}
      </Problem>
    </div>
  );
}

function Download({ path }: { path: string }) {
  const { open } = useProject();
  return (
    <Button
      component="a"
      size="xs"
      variant="default"
      href={open.files.downloadAddress(path)}
      leftSection={<IconDownload size={16} aria-hidden />}
    >
      Download
    </Button>
  );
}
