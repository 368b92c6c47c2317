/** A state as colour, icon and word together, so that none of them is needed alone. */

import {
  IconCircleFilled,
  IconClockHour4,
  IconPlayerPause,
  IconPlayerStop,
  IconRotateClockwise2,
} from "@tabler/icons-react";

const LOOKS = {
  stopped: { word: "Stopped", icon: IconPlayerStop },
  waiting: { word: "Waiting", icon: IconClockHour4 },
  starting: { word: "Starting", icon: IconRotateClockwise2 },
  running: { word: "Running", icon: IconCircleFilled },
  stopping: { word: "Stopping", icon: IconPlayerPause },
} as const;

export function StateBadge({ state }: { state: keyof typeof LOOKS }) {
  const { word, icon: Icon } = LOOKS[state];
  return (
    <span className={`state state-${state}`}>
      <Icon size={14} aria-hidden />
      {word}
    </span>
  );
}
