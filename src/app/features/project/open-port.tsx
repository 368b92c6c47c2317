/** Asks for the port of a web server that runs in the project, and opens it in a window of its own. */

import { webServerAddress } from "../../core/site.ts";
import { useApp, useProject, useStore } from "../../ui/app-context.ts";
import { AskText } from "../../ui/ask.tsx";

const HIGHEST_PORT = 65_535;

export function OpenPort() {
  const { site } = useApp();
  const { open } = useProject();
  if (!useStore(open.askingPort)) return null;
  return (
    <AskText
      title="Open a web server of the project"
      label="Port it listens on, such as 8000"
      verb="Open"
      problemOf={(text) => (isPort(text) ? undefined : "Type a whole number from 1 to 65535.")}
      onClose={() => open.askingPort.set(false)}
      onAnswer={(text) =>
        void window.open(webServerAddress(site, open.projectId, Number(text)), "_blank", "noopener,noreferrer")
      }
    />
  );
}

const isPort = (text: string): boolean => /^\d{1,5}$/.test(text) && Number(text) >= 1 && Number(text) <= HIGHEST_PORT;
