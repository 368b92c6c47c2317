/** A row of the keys that a touch screen's keyboard lacks. Shown where fingers point. */

import { IconArrowDown, IconArrowLeft, IconArrowRight, IconArrowUp } from "@tabler/icons-react";
import { type PointerEvent, type ReactNode, useState } from "react";
import type { Screen } from "./screen.ts";
import type { TouchKey } from "./screen-keys.ts";

const KEYS: { key: TouchKey; label: string; shown: ReactNode }[] = [
  { key: "Escape", label: "Escape", shown: "Esc" },
  { key: "Tab", label: "Tab", shown: "Tab" },
];
const ARROWS: { key: TouchKey; label: string; shown: ReactNode }[] = [
  { key: "Left", label: "Left", shown: <IconArrowLeft size={18} aria-hidden /> },
  { key: "Up", label: "Up", shown: <IconArrowUp size={18} aria-hidden /> },
  { key: "Down", label: "Down", shown: <IconArrowDown size={18} aria-hidden /> },
  { key: "Right", label: "Right", shown: <IconArrowRight size={18} aria-hidden /> },
];

/** The keyboard stays: a touched key does not take the focus from the terminal. */
const keepFocus = (event: PointerEvent) => event.preventDefault();

export function TouchKeys({ screen }: { screen: Screen }) {
  const [control, setControl] = useState(false);
  const hold = () => {
    screen.holdControl(control ? undefined : () => setControl(false));
    setControl(!control);
    screen.focus();
  };
  const button = ({ key, label, shown }: (typeof KEYS)[number]) => (
    <button key={key} type="button" aria-label={label} onPointerDown={keepFocus} onClick={() => screen.press(key)}>
      {shown}
    </button>
  );
  return (
    <div className="touch-keys" role="toolbar" aria-label="Keys">
      {KEYS.map(button)}
      <button type="button" aria-label="Control" aria-pressed={control} onPointerDown={keepFocus} onClick={hold}>
        Ctrl
      </button>
      {ARROWS.map(button)}
    </div>
  );
}
