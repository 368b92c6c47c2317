/**
 * Emoji joined of several are drawn as one over all the columns that the terminal counts for them. Drawn with what stands beside them, they would take
 * fewer, and the rest of the line would stand too far to the left.
 */

import type { Terminal } from "@xterm/xterm";

const JOINED =
  /\p{Regional_Indicator}{2}|\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*(?:\u200d\p{Extended_Pictographic}[\ufe0f\p{Emoji_Modifier}]*)+|\p{Emoji_Modifier_Base}\p{Emoji_Modifier}/gu;

export function drawJoinedEmoji(terminal: Terminal): void {
  terminal.registerCharacterJoiner((text) =>
    [...text.matchAll(JOINED)].map(({ index, 0: joined }) => [index, index + joined.length]),
  );
}
