/** The place of one terminal: its name from the address. */

import { useParams } from "@tanstack/react-router";
import { TerminalPage } from "../features/terminal/terminal-page.tsx";

export function TerminalPlace() {
  const { name = "main" } = useParams({ strict: false });
  return <TerminalPage key={name} name={name} />;
}
