/** The code that an event executed, and what came of it, as far as its payload tells. */

export interface ExecutedCode {
  readonly code: string;
  readonly language: string | null;
  /** What else the inputs have; null where that is nothing. */
  readonly rest: unknown;
}

export interface CodeOutput {
  readonly name: string;
  readonly text: string;
}

const CODE_KEYS = ["code", "source", "script", "command", "sql"] as const;
const OUTPUT_KEYS = ["stdout", "output", "result", "stderr"] as const;

export function codeOf(eventType: string, inputs: unknown): ExecutedCode | null {
  if (eventType !== "code_exec") return null;
  if (typeof inputs === "string") return inputs ? { code: inputs, language: null, rest: null } : null;
  const object = objectOf(inputs);
  const key = CODE_KEYS.find((each) => typeof object[each] === "string" && object[each] !== "");
  if (key === undefined) return null;
  const language = [object["language"], object["lang"]].find((each) => typeof each === "string");
  const { [key]: _code, language: _language, lang: _lang, ...rest } = object;
  return {
    code: object[key] as string,
    language: (language as string | undefined)?.toLowerCase() ?? LANGUAGE_OF_KEY[key] ?? null,
    rest: nothingIfEmpty(rest),
  };
}

/** Return the texts that the code wrote, and what else it gave. */
export function codeOutputsOf(outputs: unknown): {
  readonly texts: readonly CodeOutput[];
  readonly rest: unknown;
} {
  if (typeof outputs === "string") {
    return { texts: outputs ? [{ name: "output", text: outputs }] : [], rest: null };
  }
  if (typeof outputs !== "object" || outputs === null || Array.isArray(outputs)) {
    return { texts: [], rest: outputs };
  }
  const rest: Record<string, unknown> = { ...outputs };
  const texts: CodeOutput[] = [];
  for (const name of OUTPUT_KEYS) {
    const text = rest[name];
    if (typeof text !== "string") continue;
    delete rest[name];
    if (text !== "") texts.push({ name, text });
  }
  return { texts, rest: nothingIfEmpty(rest) };
}

function nothingIfEmpty(object: Readonly<Record<string, unknown>>): unknown {
  return Object.keys(object).length === 0 ? null : object;
}

const LANGUAGE_OF_KEY: Readonly<Record<string, string>> = { sql: "sql", command: "bash" };

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
