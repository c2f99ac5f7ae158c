import { Fragment } from "react";
import { partsOf } from "@/lib/found-parts";

/** A text in which what was searched for is marked. */
export function Marked({ text, searched }: { readonly text: string; readonly searched: string }) {
  if (searched === "") return text;
  return partsOf(text, searched).map(({ part, isFound, at }) =>
    isFound ? (
      <mark key={at} className="rounded-xs bg-mark text-text">
        {part}
      </mark>
    ) : (
      <Fragment key={at}>{part}</Fragment>
    ),
  );
}
