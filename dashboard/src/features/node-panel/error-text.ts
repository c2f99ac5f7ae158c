/** What a recorder told of an error, in whatever form, as type and message. */

export interface ErrorText {
  readonly type: string | null;
  readonly message: string;
}

/** Return the type and message of an error, or null where there is none. */
export function errorOf(error: unknown): ErrorText | null {
  if (error === null || error === undefined || error === "") return null;
  if (typeof error !== "object") return { type: null, message: String(error) };
  const { type, message } = error as { readonly type?: unknown; readonly message?: unknown };
  return {
    type: typeof type === "string" ? type : null,
    message: typeof message === "string" ? message : JSON.stringify(error, null, 2),
  };
}
