/** How a name of the wire is shown: what cannot be seen in it, or would turn the text around, is made visible. Pure. */

const TAG = "base64:";

/** A piece of a name; `code` tells what a visible stand-in stands for, such as "U+202E". */
export interface NamePiece {
  text: string;
  code?: string;
}

// Controls, format characters (bidi among them), separators but for a plain blank, surrogates and what Unicode has not given a meaning to.
const ODD =
  /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}\p{Cn}\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000\u115f\u1160\u3164\uffa0]/u;
/** Within emoji and some scripts these belong to the letters beside them. */
const JOINERS = /[\u200c\u200d]/;
const LETTER = /[\p{L}\p{M}\p{Extended_Pictographic}\p{Emoji_Modifier}]/u;

/** A name or path of the wire in pieces. */
export function piecesOf(wire: string): NamePiece[] {
  return wire.split("/").flatMap((name, index) => [...(index === 0 ? [] : [{ text: "/" }]), ...piecesOfName(name)]);
}

/** The same as one text, for labels and titles. */
export function visibleName(wire: string): string {
  return piecesOf(wire)
    .map(({ text }) => text)
    .join("");
}

/** What a name that is not text would be called, as a first proposal for a better one. */
export function proposalFor(wire: string): string {
  if (!wire.startsWith(TAG)) return wire;
  return String.fromCharCode(...bytesOf(wire)).replace(/[\p{Cc}/]/gu, "_");
}

function piecesOfName(name: string): NamePiece[] {
  if (name.startsWith(TAG)) return piecesOfBytes(bytesOf(name));
  const characters = [...name];
  const pieces = characters.map((character, index) => {
    const atEnd = index === 0 || index === characters.length - 1;
    if (character === " " && atEnd) return { text: "␠", code: "a blank" };
    if (JOINERS.test(character) && LETTER.test(characters[index - 1] ?? "") && LETTER.test(characters[index + 1] ?? ""))
      return { text: character };
    return ODD.test(character) ? visible(character) : { text: character };
  });
  return joined(pieces);
}

/** A name of bytes that are no text, or that begins with the tag itself. */
function piecesOfBytes(bytes: Uint8Array): NamePiece[] {
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    return joined([...text].map((character) => (ODD.test(character) ? visible(character) : { text: character })));
  } catch {
    const pieces = [...bytes].map((byte) => {
      const hex = byte.toString(16).padStart(2, "0");
      return byte < 0x20 || byte > 0x7e
        ? { text: `\\x${hex}`, code: `byte ${hex}` }
        : { text: String.fromCharCode(byte) };
    });
    return joined(pieces);
  }
}

function visible(character: string): NamePiece {
  const number = character.codePointAt(0) ?? 0;
  const code = `U+${number.toString(16).toUpperCase().padStart(4, "0")}`;
  if (number < 0x20) return { text: String.fromCodePoint(0x2400 + number), code };
  return { text: number === 0x7f ? "␡" : `⟨${code}⟩`, code };
}

/** Plain pieces beside each other are one. */
function joined(pieces: readonly NamePiece[]): NamePiece[] {
  const result: NamePiece[] = [];
  for (const piece of pieces) {
    const last = result.at(-1);
    if (last !== undefined && last.code === undefined && piece.code === undefined) last.text += piece.text;
    else result.push({ ...piece });
  }
  return result;
}

/** The bytes of a name that is tagged on the wire. */
export function bytesOf(tagged: string): Uint8Array {
  const base64 = tagged.slice(TAG.length).replaceAll("-", "+").replaceAll("_", "/");
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new TextEncoder().encode(tagged); // a link's target may say anything
  }
}
