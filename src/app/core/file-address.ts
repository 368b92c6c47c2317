/**
 * How a path stands in an address of the app, below `files/`, so that it survives browsers and routers, which trim blanks, fold slashes and
 * dots, and decode more than once. Plain names stand as they are; what might not survive is written `~` and two hex digits for each byte.
 * An absolute path begins with a part of its own, `~`. Pure.
 */

const ABSOLUTE = "~";
/** These survive anywhere in a name: letters of every script, digits, marks, and plain signs; a blank only between others. */
const SAFE = /[\p{L}\p{M}\p{N}._+=@,!()-]/u;

/** What the match of a place's route holds: the router takes the slash at the end, which makes a folder, off path and parameters. */
export interface PlaceContext {
  isFolder: boolean;
}

/** What stands in the address for a path of the wire; a folder's ends in a slash. */
export function splatOf(path: string): string {
  const isAbsolute = path.startsWith("/");
  const parts = (isAbsolute ? path.slice(1) : path).split("/").map(partOf);
  return (isAbsolute ? [ABSOLUTE, ...parts] : parts).join("/");
}

/** The path that an address stands for: addresses made before there were any escapes mean what they meant. */
export function pathOfSplat(splat: string): string {
  const [first, ...rest] = splat.split("/");
  if (first === ABSOLUTE) return `/${rest.map(nameOf).join("/")}`;
  return splat.split("/").map(nameOf).join("/");
}

function partOf(name: string): string {
  if (/^\.+$/.test(name)) return escaped(name.slice(0, 1)) + name.slice(1); // "." and ".." lead elsewhere
  const characters = [...name];
  return characters
    .map((character, index) => {
      const isInside = index > 0 && index < characters.length - 1;
      return SAFE.test(character) || (character === " " && isInside) || character === ":"
        ? character
        : escaped(character);
    })
    .join("");
}

function escaped(character: string): string {
  return [...new TextEncoder().encode(character)].map((byte) => `~${byte.toString(16).padStart(2, "0")}`).join("");
}

function nameOf(part: string): string {
  return part.replace(/(?:~[0-9a-f]{2})+/g, (run) => {
    const bytes = run
      .split("~")
      .slice(1)
      .map((hex) => Number.parseInt(hex, 16));
    return new TextDecoder("utf-8", { ignoreBOM: true }).decode(Uint8Array.from(bytes));
  });
}
