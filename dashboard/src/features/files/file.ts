/** What kind of preview a file can have, and how files are grouped. Pure. */

import type { File } from "@/api/run";

export const PREVIEWS = ["image", "json", "csv", "markdown", "text", "none"] as const;
export type Preview = (typeof PREVIEWS)[number];

const IMAGES: Readonly<Record<string, readonly number[]>> = {
  "image/png": [0x89, 0x50, 0x4e, 0x47],
  "image/jpeg": [0xff, 0xd8, 0xff],
  "image/gif": [0x47, 0x49, 0x46, 0x38],
};

/**
 * Return the type of a picture by its first bytes, whatever it is called.
 *
 * Only pictures that are nothing but pictures: SVG can hold scripts, and is shown as the text it is.
 */
export function imageType(bytes: Uint8Array): string | null {
  for (const [type, magic] of Object.entries(IMAGES)) {
    if (magic.every((byte, index) => bytes[index] === byte)) return type;
  }
  const ascii = (from: number, to: number) => String.fromCharCode(...bytes.subarray(from, to));
  if (ascii(0, 4) === "RIFF" && ascii(8, 12) === "WEBP") return "image/webp";
  if (ascii(4, 8) === "ftyp" && /^avi[fs]$/.test(ascii(8, 12))) return "image/avif";
  return null;
}

/** Return the text that bytes are, or null where they are none. The last character may be cut. */
export function textOf(bytes: Uint8Array, isWhole: boolean): string | null {
  const text = decoded(bytes, isWhole);
  return text === null || text.includes("\u0000") ? null : text;
}

function decoded(bytes: Uint8Array, isWhole: boolean): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch {
    return null;
  }
}

/** Return how a file is shown that consists of text. */
export function textPreview(file: Pick<File, "path" | "media_type">): Preview {
  const media = file.media_type?.split(";")[0]?.trim().toLowerCase() ?? "";
  const ending = /\.([^./\\]+)$/.exec(file.path)?.[1]?.toLowerCase() ?? "";
  if (/^(application\/json|.*\+json)$/.test(media) || ending === "json") return "json";
  if (/^text\/(csv|tab-separated-values)$/.test(media) || ending === "csv" || ending === "tsv") return "csv";
  if (media === "text/markdown" || ending === "md" || ending === "markdown") return "markdown";
  return "text";
}

/** Whether a file could be a picture, by what was said of it: then more of it is read. */
export function maybeImage(file: Pick<File, "path" | "media_type">): boolean {
  return /^image\/(?!svg)/.test(file.media_type ?? "") || /\.(png|jpe?g|gif|webp|avif)$/i.test(file.path);
}

export function nameOf(path: string): string {
  return (
    path
      .replace(/[/\\]+$/, "")
      .split(/[/\\]/)
      .at(-1) || path
  );
}

export function folderOf(path: string): string {
  return path.slice(0, path.length - nameOf(path).length).replace(/[/\\]+$/, "");
}

export const GROUPINGS = ["node", "agent", "folder"] as const;
export type Grouping = (typeof GROUPINGS)[number];

export interface FileGroup {
  readonly name: string | null;
  readonly files: readonly File[];
}

/** Return files in groups, each group in the order of its first file; what belongs to none comes last. */
export function groupedFiles(files: readonly File[], by: Grouping): FileGroup[] {
  const keyOf = (file: File) =>
    by === "node" ? file.node_id : by === "agent" ? file.agent_name : folderOf(file.path) || null;
  const groups = new Map<string | null, File[]>();
  for (const file of files) {
    const key = keyOf(file);
    const group = groups.get(key);
    if (group) group.push(file);
    else groups.set(key, [file]);
  }
  const named = [...groups].map(([name, files]) => ({ name, files }));
  return [...named.filter(({ name }) => name !== null), ...named.filter(({ name }) => name === null)];
}
