export interface FoundPart {
  readonly part: string;
  readonly isFound: boolean;
  readonly at: number;
}

/** Cut a text where it has what was searched for, in any case; together the parts are the text. */
export function partsOf(text: string, searched: string): readonly FoundPart[] {
  const lower = text.toLowerCase();
  const wanted = searched.toLowerCase();
  // Some letters are longer in lower case; then places in both texts are not the same.
  if (wanted === "" || lower.length !== text.length) return [{ part: text, isFound: false, at: 0 }];
  const parts: FoundPart[] = [];
  let done = 0;
  for (let at = lower.indexOf(wanted); at >= 0; at = lower.indexOf(wanted, done)) {
    if (at > done) parts.push({ part: text.slice(done, at), isFound: false, at: done });
    done = at + wanted.length;
    parts.push({ part: text.slice(at, done), isFound: true, at });
  }
  if (done < text.length) parts.push({ part: text.slice(done), isFound: false, at: done });
  return parts;
}
