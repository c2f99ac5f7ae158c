/** The server's rules of names, so that a person learns what is wrong with one as it is typed. */

export const MAX_NAME_LENGTH = 255;
const RESERVED_RUN_NAMES = new Set(["nodes"]);
// Controls of C0 and C1, and halves of surrogate pairs.
const UNUSABLE =
  /[\u0000-\u001f\u007f-\u009f]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

/** Return the name as the server keeps it: composed and trimmed. */
export function normalName(name: string): string {
  return name.normalize("NFC").trim();
}

/** Return what is wrong with a name of a run, or null. */
export function runNameFault(name: string): string | null {
  if (UNUSABLE.test(name)) return "A name has no control characters.";
  const normal = normalName(name);
  if (!normal) return "A name has at least one character.";
  const length = [...normal].length;
  if (length > MAX_NAME_LENGTH)
    return `A name has at most ${MAX_NAME_LENGTH} characters; this one has ${length}.`;
  if (normal === "." || normal === "..") return `“${normal}” can't stand in an address.`;
  if (RESERVED_RUN_NAMES.has(normal)) return `“${normal}” is part of an address; no run can be called so.`;
  return null;
}
