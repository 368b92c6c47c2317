/** Asks before several lines are pasted into a terminal: a program may run each of them at once. */

import { Confirm } from "../../ui/ask.tsx";

interface PasteQuestionProps {
  text: string;
  onPaste: () => void;
  onClose: () => void;
}

const SHOWN_LINES = 8;
const SHOWN_LETTERS = 600;

export function PasteQuestion({ text, onPaste, onClose }: PasteQuestionProps) {
  const lines = text.replace(/[\r\n]+$/, "").split(/\r\n|\r|\n/);
  const beginning = lines.slice(0, SHOWN_LINES).join("\n").slice(0, SHOWN_LETTERS);
  return (
    <Confirm title={`Paste ${lines.length} lines?`} verb="Paste" onClose={onClose} onConfirm={onPaste}>
      They go to the program in the terminal, which may run each of them at once. The text begins with:
      <pre className="paste-preview">{beginning}</pre>
    </Confirm>
  );
}
