import { useState } from "react";
import { detailsOf } from "./plan";

const FIRST_POINTS = 6;

/** What is to be done in a step: its first points, and the others when they are asked for. */
export function StepDetails({ details }: { readonly details: unknown }) {
  const [isWhole, setWhole] = useState(false);
  const read = detailsOf(details);
  if (read === null) return null;
  if (read.kind === "text") {
    return (
      <p className="max-w-prose text-sm break-words whitespace-pre-wrap text-soft">
        <bdi>{read.text}</bdi>
      </p>
    );
  }
  if (read.kind === "data") {
    return (
      <pre className="max-w-prose font-mono text-xs leading-5 break-words whitespace-pre-wrap text-soft">
        {read.text}
      </pre>
    );
  }
  const { points } = read;
  const shown = isWhole ? points : points.slice(0, FIRST_POINTS);
  const nLeft = points.length - FIRST_POINTS;
  return (
    <div className="flex flex-col items-start gap-1">
      <ul className="max-w-prose list-disc pl-5 text-sm text-soft marker:text-faint">
        {shown.map((point, place) => (
          // Points have nothing but their place to be known by.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={place} className="break-words">
            <bdi>{point}</bdi>
          </li>
        ))}
      </ul>
      {nLeft > 0 && (
        <button
          type="button"
          aria-expanded={isWhole}
          onClick={() => setWhole(!isWhole)}
          className="relative z-10 inline-flex h-6 items-center pl-5 text-xs text-accent hover:underline"
        >
          {isWhole ? "Show fewer" : `Show ${nLeft} more`}
        </button>
      )}
    </div>
  );
}
