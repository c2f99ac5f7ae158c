/** Recorded JSON whose form nobody promised, taken as an object. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Return the value itself where it is an object, and else an empty one. */
export function asObject(value: unknown): JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

/** Return an object without some of its keys; null where nothing is left. */
export function withoutKeys(object: JsonObject, keys: readonly string[]): JsonObject | null {
  const rest = Object.entries(object).filter(([key]) => !keys.includes(key));
  return rest.length > 0 ? Object.fromEntries(rest) : null;
}
