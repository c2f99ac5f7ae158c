/** What recorders write in the place of what they could not, or would not, write as it was. */

export const REDACTED = "[redacted]";

export interface Mark {
  readonly kind: "cut" | "file" | "secret" | "about";
  /** What is said instead of the value. */
  readonly words: string;
  /** The file that has the whole value. */
  readonly fileId?: string;
  readonly sizeBytes?: number;
  readonly mediaType?: string;
  /** The beginning of the value. */
  readonly preview?: string;
  /** What is beside the mark, and is shown like any other value. */
  readonly rest?: Readonly<Record<string, unknown>>;
}

/** Return what a value stands for, or null where it stands for itself. */
export function markOf(value: unknown): Mark | null {
  if (value === REDACTED) return { kind: "secret", words: "redacted" };
  if (typeof value !== "object" || value === null || Array.isArray(value)) return null;
  const object = value as Record<string, unknown>;
  // A mark's own key is the first; keys of the program that begin alike stand among others.
  const key = Object.keys(object)[0];
  if (key === undefined || !Object.hasOwn(READERS, key)) return null;
  const { [key]: own, ...rest } = object;
  return READERS[key]?.(own, rest) ?? null;
}

type Rest = Readonly<Record<string, unknown>>;

const READERS: Readonly<Record<string, (own: unknown, rest: Rest) => Mark | null>> = {
  $truncated: (by, rest) => ({ kind: "cut", words: cutWords(by, rest), ...aboutOf(rest) }),
  $file: (id, rest) =>
    typeof id === "string" ? { kind: "file", words: "kept as a file", fileId: id, ...aboutOf(rest) } : null,
  $cycle: (levels) => ({
    kind: "about",
    words: levels === 1 ? "again what contains it" : `again what is ${String(levels)} levels up`,
  }),
  $failed: (error, rest) => ({
    kind: "cut",
    words: `${textOf(rest["type"], "a value")} could not be described: ${textOf(error, "error")}`,
  }),
  $bytes: (base64) =>
    typeof base64 === "string" ? { kind: "about", words: `${bytesOf(base64)} bytes`, preview: base64 } : null,
  $callable: (name, rest) => named("function", name, rest),
  $class: (name, rest) => named("class", name, rest),
  $module: (name, rest) => named("module", name, rest),
  $exception: (name, rest) => named("error", name, rest),
  $type: (name, rest) => named("", name, rest),
  $array: (name, rest) => named(shapeOf(rest), name, rest),
  $table: (name, rest) => named(shapeOf(rest), name, rest),
};

function named(what: string, name: unknown, rest: Rest): Mark {
  return {
    kind: "about",
    words: [what, textOf(name, "")].filter(Boolean).join(" "),
    ...(Object.keys(rest).length > 0 ? { rest } : {}),
  };
}

function cutWords(by: unknown, rest: Rest): string {
  const n = rest["n"];
  const count = typeof n === "number" ? n.toLocaleString("en-US") : null;
  switch (by) {
    case "items":
      return count ? `cut here: ${count} entries in all` : "cut here: there are more entries";
    case "depth":
      return count ? `cut here: ${count} entries below` : "cut here: it goes deeper";
    case "values":
      return count ? `cut here: ${count} more values` : "cut here: there are more values";
    case "size":
      return "too large to be kept";
    default:
      return `cut here: ${textOf(by, "there is more")}`;
  }
}

function aboutOf(rest: Rest): Pick<Mark, "sizeBytes" | "mediaType" | "preview"> {
  const { size_bytes: size, media_type: media, preview } = rest;
  return {
    ...(typeof size === "number" ? { sizeBytes: size } : {}),
    ...(typeof media === "string" ? { mediaType: media } : {}),
    ...(typeof preview === "string" ? { preview } : {}),
  };
}

function shapeOf(rest: Rest): string {
  const shape = rest["shape"];
  return Array.isArray(shape) ? shape.map(String).join(" × ") : "";
}

function bytesOf(base64: string): number {
  const padding = base64.endsWith("==") ? 2 : base64.endsWith("=") ? 1 : 0;
  return Math.max(0, Math.floor((base64.length * 3) / 4) - padding);
}

function textOf(value: unknown, otherwise: string): string {
  return typeof value === "string" ? value : otherwise;
}
