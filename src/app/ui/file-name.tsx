/** A name or path of a file as people can read it: isolated, so that it turns nothing around it, and with what is odd in it visible. */

import { piecesOf } from "../core/names.ts";

export function FileName({ name }: { name: string }) {
  return (
    <bdi className="name">
      {piecesOf(name).map(({ text, code }, index) =>
        code === undefined ? (
          text
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the pieces of a name have no other
          <span key={index} className="odd-character" title={code}>
            {text}
          </span>
        ),
      )}
    </bdi>
  );
}
