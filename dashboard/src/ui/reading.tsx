import { RotateCw } from "lucide-react";
import { formatCount } from "@/lib/format";
import { IconButton } from "./button";

interface ReadingProps {
  readonly nRead: number;
  readonly total: number;
  readonly isWhole: boolean;
  readonly error: unknown;
  readonly onRetry: () => void;
}

/** How many events there are, and how far they have been read. */
export function Reading({ nRead, total, isWhole, error, onRetry }: ReadingProps) {
  if (error) {
    return (
      <span role="alert" className="flex items-center gap-1 text-xs text-bad">
        Read {formatCount(nRead)} of {formatCount(total)}
        <IconButton icon={RotateCw} label="Read on" onClick={onRetry} />
      </span>
    );
  }
  return (
    <span className="figure px-1 text-xs text-faint">
      {isWhole || nRead >= total ? (
        `${formatCount(total)} ${total === 1 ? "event" : "events"}`
      ) : (
        <>
          {formatCount(nRead)} of {formatCount(total)}
          <span
            role="progressbar"
            aria-label="Events read"
            aria-valuenow={nRead}
            aria-valuemax={total}
            aria-valuemin={0}
            className="ml-2 inline-block h-1 w-16 overflow-hidden rounded-full bg-line align-middle"
          >
            <span className="block h-full bg-accent" style={{ width: `${(100 * nRead) / total}%` }} />
          </span>
        </>
      )}
    </span>
  );
}
