import { ChevronRight, FileDiff as FileDiffIcon } from "lucide-react";
import { useMemo, useState } from "react";
import { parseDiff, type DiffLine, type FileDiff, type ParsedDiff } from "@/lib/diff";
import { formatCount, formatNumberOf } from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { CopyButton } from "@/ui/copy";

/** So many files are open from the start. */
const OPEN = 4;
const MOST_LINES = 400;

/** How files were changed, file by file. */
export function DiffSection({ diffs }: { readonly diffs: readonly FileDiff[] }) {
  return (
    <section aria-label="Changed files">
      <h3 className="mb-1.5 text-xs font-semibold text-soft">
        {formatNumberOf(diffs.length, "changed file")}
      </h3>
      <ul className="flex flex-col gap-2">
        {diffs.map(({ path, diff }, place) => (
          // A file may be changed twice.
          // oxlint-disable-next-line react/no-array-index-key
          <li key={`${place} ${path}`}>
            <ChangedFile path={path} diff={diff} isFirstOpen={place < OPEN} />
          </li>
        ))}
      </ul>
    </section>
  );
}

function ChangedFile({ path, diff, isFirstOpen }: FileDiff & { readonly isFirstOpen: boolean }) {
  const parsed = useMemo(() => parseDiff(diff), [diff]);
  const [isOpen, setOpen] = useState(isFirstOpen);
  return (
    <div className="overflow-hidden rounded-md border border-line">
      <div className="flex items-center gap-1 bg-page pr-1">
        <button
          type="button"
          aria-expanded={isOpen}
          onClick={() => setOpen(!isOpen)}
          className="flex min-w-0 flex-1 items-center gap-1.5 py-1.5 pl-2 text-left focus-visible:-outline-offset-2"
        >
          <ChevronRight
            aria-hidden
            size={13}
            className={classNames("shrink-0 text-faint", isOpen && "rotate-90")}
          />
          <FileDiffIcon aria-hidden size={13} className="shrink-0 text-soft" />
          <bdi title={path} className="min-w-0 truncate font-mono text-xs font-medium">
            {path}
          </bdi>
          <Counts {...parsed} />
        </button>
        <CopyButton text={diff} label={`Copy the changes of ${path}`} />
      </div>
      {isOpen && <Lines path={path} lines={parsed.lines} />}
    </div>
  );
}

function Counts({ nAdded, nRemoved, isNew, isDeleted }: ParsedDiff) {
  return (
    <span className="figure ml-auto flex shrink-0 items-center gap-1.5 pl-2 text-xs">
      {isNew && <span className="text-soft">new</span>}
      {isDeleted && <span className="text-soft">deleted</span>}
      <span className="font-medium text-good">
        <span aria-hidden>+{formatCount(nAdded)}</span>
        <span className="sr-only">{formatNumberOf(nAdded, "line")} added,</span>
      </span>
      <span className="font-medium text-bad">
        <span aria-hidden>−{formatCount(nRemoved)}</span>
        <span className="sr-only">{formatNumberOf(nRemoved, "line")} removed</span>
      </span>
    </span>
  );
}

const LOOKS: Record<DiffLine["kind"], string> = {
  hunk: "bg-sunken text-faint",
  added: "bg-good-tint",
  removed: "bg-bad-tint",
  same: "",
  note: "text-faint italic",
};
const SIGNS: Record<DiffLine["kind"], string> = { hunk: "", added: "+", removed: "−", same: "", note: "" };
const SIGN_LOOKS: Record<DiffLine["kind"], string> = {
  hunk: "",
  added: "text-good",
  removed: "text-bad",
  same: "",
  note: "",
};

function Lines({ path, lines }: { readonly path: string; readonly lines: readonly DiffLine[] }) {
  const [isWhole, setWhole] = useState(lines.length <= MOST_LINES);
  const shown = isWhole ? lines : lines.slice(0, MOST_LINES);
  const digits = String(
    Math.max(...lines.map((line) => Math.max(line.before ?? 0, line.after ?? 0)), 9),
  ).length;
  if (lines.length === 0) {
    return (
      <p className="border-t border-line px-3 py-2 text-xs text-soft">
        No line differs, or there were too many to be compared.
      </p>
    );
  }
  return (
    <>
      <pre
        // Long lines scroll, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={`Changes of ${path}`}
        className="max-h-120 overflow-auto border-t border-line bg-surface font-mono text-xs leading-5 focus-visible:-outline-offset-2"
      >
        {/* As wide as the longest line, so that colours go on to its end. */}
        <code className="block w-max min-w-full">
          {shown.map((line, place) => (
            // Lines may be alike, and don't change.
            // oxlint-disable-next-line react/no-array-index-key
            <span key={place} className={classNames("flex", LOOKS[line.kind])}>
              <LineNumber number={line.before} digits={digits} />
              <LineNumber number={line.after} digits={digits} />
              <span
                className={classNames(
                  "w-4 shrink-0 text-center font-semibold select-none",
                  SIGN_LOOKS[line.kind],
                )}
              >
                {SIGNS[line.kind]}
              </span>
              <span className="pr-3">{line.text || " "}</span>
            </span>
          ))}
        </code>
      </pre>
      {!isWhole && (
        <button
          type="button"
          onClick={() => setWhole(true)}
          className="w-full border-t border-line px-3 py-1 text-left text-xs text-accent hover:underline focus-visible:-outline-offset-2"
        >
          Show {formatNumberOf(lines.length - MOST_LINES, "more line")}
        </button>
      )}
    </>
  );
}

function LineNumber({ number, digits }: { readonly number: number | null; readonly digits: number }) {
  return (
    <span
      aria-hidden
      style={{ width: `${digits + 1.5}ch` }}
      className="shrink-0 pr-[0.75ch] text-right text-faint tabular-nums select-none"
    >
      {number ?? ""}
    </span>
  );
}
