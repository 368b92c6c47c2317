/** Copying also where the page came by plain HTTP: browsers keep the clipboard from such pages, but let a person's selection be copied. */

/** Copies text; answers whether it was. Called while a person's key or click is handled. */
export async function copyText(text: string): Promise<boolean> {
  const clipboard: Clipboard | undefined = navigator.clipboard; // missing on plain HTTP, whatever the types say
  try {
    if (clipboard === undefined) return copySelected(text);
    await clipboard.writeText(text);
    return true;
  } catch {
    return copySelected(text); // refused by a policy or a setting
  }
}

/** What the clipboard holds, where a page may ask at all. */
export const canRead = (): boolean => (navigator.clipboard as Clipboard | undefined)?.readText !== undefined;

function copySelected(text: string): boolean {
  const before = document.activeElement;
  const field = document.createElement("textarea");
  field.value = text;
  field.readOnly = true; // no keyboard on a touch screen
  field.className = "hidden-words";
  field.setAttribute("aria-hidden", "true");
  document.body.append(field);
  field.select();
  const copied = document.execCommand("copy"); // deprecated, and the only way there is
  field.remove();
  if (before instanceof HTMLElement) before.focus();
  return copied;
}
