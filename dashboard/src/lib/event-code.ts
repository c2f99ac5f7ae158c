/** The code that an event executed, and what came of it, as far as its payload tells. */

import { asObject, withoutKeys } from "./json-object";

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
  const object = asObject(inputs);
  const key = CODE_KEYS.find((each) => typeof object[each] === "string" && object[each] !== "");
  if (key === undefined) return null;
  const language = [object["language"], object["lang"]].find((each) => typeof each === "string");
  return {
    code: object[key] as string,
    language: (language as string | undefined)?.toLowerCase() ?? LANGUAGE_OF_KEY[key] ?? null,
    rest: withoutKeys(object, [key, "language", "lang"]),
  };
}

/** Return the texts that the code wrote, how it ended, and what else it gave. */
export function codeOutputsOf(outputs: unknown): {
  readonly texts: readonly CodeOutput[];
  readonly exitCode: number | null;
  readonly rest: unknown;
} {
  if (typeof outputs === "string") {
    return { texts: outputs ? [{ name: "output", text: outputs }] : [], exitCode: null, rest: null };
  }
  const object = asObject(outputs);
  if (object !== outputs) return { texts: [], exitCode: null, rest: outputs };
  const names = OUTPUT_KEYS.filter((name) => typeof object[name] === "string" || object[name] === null);
  const exitCode = object["exit_code"];
  return {
    texts: names.flatMap((name) => (object[name] ? [{ name, text: object[name] as string }] : [])),
    exitCode: typeof exitCode === "number" ? exitCode : null,
    rest: withoutKeys(
      object,
      typeof exitCode === "number" || exitCode === null ? [...names, "exit_code"] : names,
    ),
  };
}

const LANGUAGE_OF_KEY: Readonly<Record<string, string>> = { sql: "sql", command: "bash" };
