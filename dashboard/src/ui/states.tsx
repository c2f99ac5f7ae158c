/** What stands in the place of what can't be shown: nothing yet, not here any more, an error, or a moment's wait. */

import { CircleAlert, SearchX, Unplug, type LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { Button } from "./button";
import { classNames } from "./class-names";
import { useDelay } from "./delay";

interface NoteProps {
  readonly icon?: LucideIcon;
  readonly title: string;
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
  readonly tone?: "calm" | "bad";
  readonly level?: 1 | 2;
}

/** A note in the middle of an empty place. */
export function Note({ icon: Icon, title, children, actions, tone = "calm", level = 2 }: NoteProps) {
  const Title = level === 1 ? "h1" : "h2";
  return (
    <div className="flex flex-col items-center justify-center gap-3 px-6 py-14 text-center">
      {Icon && (
        <span
          className={classNames(
            "flex size-10 items-center justify-center rounded-full",
            tone === "bad" ? "bg-bad-tint text-bad" : "bg-sunken text-soft",
          )}
        >
          <Icon aria-hidden size={19} />
        </span>
      )}
      <Title className="text-base font-semibold">{title}</Title>
      {children && <div className="max-w-prose text-sm text-soft">{children}</div>}
      {actions && <div className="mt-1 flex flex-wrap justify-center gap-2">{actions}</div>}
    </div>
  );
}

/** No match: the filters are told, and can be taken back. */
export function NoMatch({ what, onClear }: { readonly what: string; readonly onClear: () => void }) {
  return (
    <Note
      icon={SearchX}
      title={`No ${what} matches`}
      actions={<Button onClick={onClear}>Clear filters</Button>}
    >
      Nothing that was recorded is like this.
    </Note>
  );
}

/** What was asked for is not there: it was deleted, or the address is wrong. */
export function Gone({ what, children }: { readonly what: string; readonly children?: ReactNode }) {
  return (
    <Note icon={Unplug} title={`There is no such ${what}`} level={1} actions={children}>
      It may have been deleted, or the address is not quite right.
    </Note>
  );
}

interface FailureProps {
  readonly error: unknown;
  readonly onRetry?: () => void;
  readonly title?: string;
}

/** Something went wrong: the cause as the server told it, and a way to try again. */
export function Failure({ error, onRetry, title = "This could not be read" }: FailureProps) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <div role="alert">
      <Note
        icon={CircleAlert}
        tone="bad"
        title={title}
        actions={onRetry && <Button onClick={onRetry}>Try again</Button>}
      >
        <bdi className="break-words">{message}</bdi>
      </Note>
    </div>
  );
}

/** Lines that stand for what is on its way; nothing for a moment, so that quick answers don't flicker. */
export function Waiting({ lines = 6, className }: { readonly lines?: number; readonly className?: string }) {
  const isLate = useDelay(150);
  return (
    <div role="status" aria-label="Loading" className={classNames("flex flex-col gap-3 p-4", className)}>
      {isLate &&
        Array.from({ length: lines }, (_, line) => (
          <div
            key={line}
            className="h-3.5 animate-breathe rounded-sm bg-line"
            style={{ width: `${92 - ((line * 37) % 45)}%` }}
          />
        ))}
    </div>
  );
}
