/** Read a table of values that are separated by a sign, as RFC 4180 has it; no more rows than asked for. */
export function parseCsv(text: string, mostRows: number, separator = separatorOf(text)): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  let at = 0;
  const length = text.length;
  while (at < length && rows.length < mostRows) {
    let value: string;
    if (text[at] === '"') {
      const end = closingQuote(text, at + 1);
      value = text.slice(at + 1, end).replaceAll('""', '"');
      at = end + 1;
      // What stands behind the quote is not right, but was recorded.
      const rest = valueEnd(text, at, separator);
      value += text.slice(at, rest);
      at = rest;
    } else {
      const end = valueEnd(text, at, separator);
      value = text.slice(at, end);
      at = end;
    }
    row.push(value);
    if (text[at] === separator) {
      at += 1;
      if (at < length) continue;
      row.push("");
    }
    rows.push(row);
    row = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
  }
  return rows;
}

/** Return whether the first row names the columns: it does not, if it has a number where all others have numbers. */
export function hasNames(rows: readonly (readonly string[])[]): boolean {
  const [first, ...rest] = rows.slice(0, 50);
  if (first === undefined || rest.length === 0) return true;
  return !first.some((value, column) => isNumber(value) && rest.every((row) => isNumber(row[column] ?? "")));
}

/** Return whether a value is a number as tables have it; nothing may be one, too. */
export function isNumber(value: string): boolean {
  return /^-?[\d.,\s]*%?$/.test(value);
}

function closingQuote(text: string, from: number): number {
  let at = text.indexOf('"', from);
  while (at >= 0 && text[at + 1] === '"') at = text.indexOf('"', at + 2);
  return at < 0 ? text.length : at;
}

function valueEnd(text: string, from: number, separator: string): number {
  let at = from;
  while (at < text.length && text[at] !== separator && text[at] !== "\n" && text[at] !== "\r") at += 1;
  return at;
}

function separatorOf(text: string): string {
  const line = /^[^\r\n]*/.exec(text)?.[0] ?? "";
  const counted = [",", ";", "\t"].map((sign) => ({ sign, count: line.split(sign).length }));
  return counted.sort((a, b) => b.count - a.count)[0]?.sign ?? ",";
}
