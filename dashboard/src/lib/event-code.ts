/** The code that an event executed, and what came of it, as far as its payload tells. */

export interface ExecutedCode {
  readonly code: string;
  readonly language: string | null;
}

export interface CodeOutput {
  readonly name: string;
  readonly text: string;
}

const CODE_KEYS = ["code", "source", "script", "command", "sql"] as const;
const OUTPUT_KEYS = ["stdout", "output", "result", "stderr"] as const;

export function codeOf(eventType: string, inputs: unknown): ExecutedCode | null {
  if (eventType !== "code_exec") return null;
  if (typeof inputs === "string") return inputs ? { code: inputs, language: null } : null;
  const object = objectOf(inputs);
  const key = CODE_KEYS.find((each) => typeof object[each] === "string" && object[each] !== "");
  if (key === undefined) return null;
  const language = [object["language"], object["lang"]].find((each) => typeof each === "string");
  return {
    code: object[key] as string,
    language: (language as string | undefined)?.toLowerCase() ?? LANGUAGE_OF_KEY[key] ?? null,
  };
}

/** Return the texts that the code wrote; what else it gave stays with the outputs. */
export function codeOutputsOf(outputs: unknown): CodeOutput[] {
  if (typeof outputs === "string") return outputs ? [{ name: "output", text: outputs }] : [];
  const object = objectOf(outputs);
  return OUTPUT_KEYS.flatMap((name) => {
    const text = object[name];
    return typeof text === "string" && text !== "" ? [{ name, text }] : [];
  });
}

const LANGUAGE_OF_KEY: Readonly<Record<string, string>> = { sql: "sql", command: "bash" };

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : {};
}
