import { CircleAlert } from "lucide-react";
import { useMemo, useState } from "react";
import { errorTextOf, stackLines, wholeErrorText, type StackLine } from "@/lib/error-text";
import { classNames } from "@/ui/class-names";
import { CopyButton } from "@/ui/copy";

const TONES: Record<StackLine["kind"], string> = {
  frame: "text-text",
  code: "text-text",
  library: "text-faint",
  error: "font-medium text-bad",
};
const MOST_LINES = 400;

/** What went wrong, first of all: the type, the message, and the stack with the program's own lines in front. */
export function ErrorSection({ error }: { readonly error: unknown }) {
  const told = useMemo(() => errorTextOf(error), [error]);
  if (told === null) return null;
  const { type, message, stack } = told;
  return (
    <section aria-label="Error" className="overflow-hidden rounded-lg border border-bad/30 bg-bad-tint">
      <div className="flex items-start gap-2 py-2 pr-2 pl-3">
        <CircleAlert aria-hidden size={16} className="mt-0.5 shrink-0 text-bad" />
        <div className="min-w-0 flex-1 py-px">
          {type && <div className="font-mono text-xs font-semibold break-words text-bad">{type}</div>}
          {message && (
            <div
              // A long one scrolls, so the keyboard must get there.
              // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
              tabIndex={0}
              role="group"
              aria-label="Message"
              className="max-h-40 overflow-auto rounded-sm text-sm break-words whitespace-pre-wrap"
            >
              <bdi>{message}</bdi>
            </div>
          )}
        </div>
        <CopyButton text={wholeErrorText(told)} label="Copy the error" />
      </div>
      {stack && <Stack stack={stack} />}
    </section>
  );
}

function Stack({ stack }: { readonly stack: string }) {
  const lines = useMemo(() => stackLines(stack), [stack]);
  const [isWhole, setWhole] = useState(lines.length <= MOST_LINES);
  // The end of a stack tells where it happened.
  const shown = isWhole ? lines : lines.slice(-MOST_LINES);
  return (
    <div className="border-t border-bad/20 bg-surface">
      {!isWhole && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="w-full px-3 py-1 text-left text-xs text-accent hover:underline"
        >
          Show {lines.length - MOST_LINES} lines before
        </button>
      )}
      <pre
        // Long lines scroll, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label="Stack"
        className="max-h-72 overflow-auto px-3 py-2 font-mono text-xs leading-5"
      >
        {shown.map((line, index) => (
          // Lines of a stack may be alike, and don't change.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={classNames("block", TONES[line.kind])}>
            {line.text || " "}
          </span>
        ))}
      </pre>
    </div>
  );
}
