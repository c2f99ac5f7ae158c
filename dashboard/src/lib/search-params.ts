/**
 * Search parameters as plain text: what stands in the address is what a person would type.
 *
 * Routes read them with the readers below; a value that is not allowed is as good as none, so an old or mistyped
 * link still opens.
 */

export type RawSearch = Readonly<Record<string, unknown>>;

export function parseSearch(text: string): Record<string, string | string[]> {
  const found: Record<string, string | string[]> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const before = Object.hasOwn(found, name) ? found[name] : undefined;
    found[name] = before === undefined ? value : [...(Array.isArray(before) ? before : [before]), value];
  }
  return found;
}

export function stringifySearch(search: RawSearch): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(search)) {
    const values = Array.isArray(value) ? value : [value];
    for (const each of values) {
      if (each !== undefined && each !== null && each !== "" && each !== false) {
        parameters.append(name, each === true ? "1" : String(each));
      }
    }
  }
  const text = parameters.toString();
  return text ? `?${text}` : "";
}

/** Return a text, or undefined where there is none. */
export function readText(search: RawSearch, name: string): string | undefined {
  const value = search[name];
  const first: unknown = Array.isArray(value) ? value[0] : value;
  return typeof first === "string" && first ? first : typeof first === "number" ? String(first) : undefined;
}

/** Return all texts of a name, each once. */
export function readTexts(search: RawSearch, name: string): string[] | undefined {
  const value = search[name];
  const all = (Array.isArray(value) ? value : [value]).filter((each) => typeof each === "string" && each);
  return all.length > 0 ? [...new Set(all as string[])] : undefined;
}

/** Return one of the words that are allowed. */
export function readWord<Word extends string>(
  search: RawSearch,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const text = readText(search, name);
  return words.find((word) => word === text);
}

/** Return a finite number. */
export function readNumber(search: RawSearch, name: string): number | undefined {
  const text = readText(search, name);
  const number = text === undefined ? Number.NaN : Number(text);
  return Number.isFinite(number) ? number : undefined;
}

/** Return true where the parameter says so. */
export function readFlag(search: RawSearch, name: string): true | undefined {
  const value = search[name];
  return value === true || value === "1" || value === "true" ? true : undefined;
}

/** Leave out what is undefined, so that two ways to say the same are the same. */
export function given<Search extends object>(
  search: Search,
): { [Key in keyof Search]?: Exclude<Search[Key], undefined> } {
  return Object.fromEntries(Object.entries(search).filter(([, value]) => value !== undefined)) as {
    [Key in keyof Search]?: Exclude<Search[Key], undefined>;
  };
}
