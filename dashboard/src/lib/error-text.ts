/** An error as a person reads it, whatever shape the recorder gave it. */

export interface ErrorText {
  readonly type: string | null;
  readonly message: string;
  readonly stack: string | null;
  /** What is neither of these; it is shown as JSON. */
  readonly rest: Readonly<Record<string, unknown>> | null;
}

export function errorTextOf(error: unknown): ErrorText | null {
  if (error === null || error === undefined || error === "") return null;
  if (typeof error !== "object" || Array.isArray(error)) {
    return {
      type: null,
      message: typeof error === "string" ? error : JSON.stringify(error),
      stack: null,
      rest: null,
    };
  }
  const { type, message, stack, ...others } = error as Record<string, unknown>;
  const rest = { ...others };
  const kept = {
    type: takeText("type", type),
    message: takeText("message", message),
    stack: takeText("stack", stack),
  };
  return {
    type: kept.type,
    message: kept.message ?? (kept.type === null ? "It failed." : ""),
    stack: kept.stack,
    rest: Object.keys(rest).length > 0 ? rest : null,
  };

  function takeText(name: string, value: unknown): string | null {
    if (typeof value === "string") return value === "" ? null : value;
    if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value.join("\n");
    if (value !== undefined && value !== null) rest[name] = value;
    return null;
  }
}

/** Return all that is told of an error as one text. */
export function wholeErrorText({ type, message, stack, rest }: ErrorText): string {
  const head = type && message ? `${type}: ${message}` : (type ?? message);
  return [head, stack, rest && JSON.stringify(rest, null, 2)].filter(Boolean).join("\n\n");
}

/** Return the line of an error without the modules before its type, which say less than what comes behind them. */
export function shortErrorLine(line: string): string {
  return line.replace(/^(?:[\w$]+\.)+(\p{Lu}[\w$]*)(?=: |$)/u, "$1");
}

export interface StackLine {
  readonly text: string;
  readonly kind: "frame" | "code" | "library" | "error";
}

const FRAME = /^\s*(File "|at )/;
const LIBRARY = /site-packages|dist-packages|node_modules|lib\/python\d|<frozen |node:internal/;

/** Return the lines of a stack; those of libraries are marked, since what people look for is their own code. */
export function stackLines(stack: string): StackLine[] {
  let isLibrary = false;
  return stack
    .trimEnd()
    .split("\n")
    .map((text) => {
      if (FRAME.test(text)) {
        isLibrary = LIBRARY.test(text);
        return { text, kind: isLibrary ? "library" : "frame" };
      }
      if (/^\s/.test(text)) return { text, kind: isLibrary ? "library" : "code" };
      isLibrary = false;
      return { text, kind: text.endsWith(":") || text === "" ? "code" : "error" };
    });
}
