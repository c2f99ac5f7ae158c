import { lazy, Suspense, useState } from "react";
import { formatCount } from "@/lib/format";
import { classNames } from "@/ui/class-names";

const MarkdownText = lazy(() => import("@/ui/markdown"));

export const FORMATS = ["markdown", "plain", "json"] as const;
export type Format = (typeof FORMATS)[number];

/** Longer texts are no Markdown: to read them as such takes too long. */
const MOST_MARKDOWN = 150_000;
const SHOWN_AT_FIRST = 6_000;

/** A text in the form that was chosen; of a long one the beginning, until more is asked for. */
export function Body({ text, format }: { readonly text: string; readonly format: Format }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > SHOWN_AT_FIRST * 1.2;
  const shown = isCut ? text.slice(0, SHOWN_AT_FIRST) : text;
  return (
    <>
      {format === "markdown" && shown.length <= MOST_MARKDOWN ? (
        <Suspense fallback={<Plain text={shown} />}>
          <MarkdownText text={shown} />
        </Suspense>
      ) : (
        <Plain text={shown} isCode={format === "json"} />
      )}
      {isCut && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="mt-1 h-6 rounded-sm text-xs font-medium text-accent hover:underline"
        >
          Show all {formatCount(text.length)} characters
        </button>
      )}
    </>
  );
}

export function Plain({ text, isCode = false }: { readonly text: string; readonly isCode?: boolean }) {
  return (
    <div
      dir="auto"
      className={classNames(
        "break-words whitespace-pre-wrap",
        isCode && "font-mono text-xs leading-5 text-soft",
      )}
    >
      {text}
    </div>
  );
}
