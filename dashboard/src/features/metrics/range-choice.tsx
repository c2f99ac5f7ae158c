import { CalendarRange } from "lucide-react";
import { Popover } from "radix-ui";
import { useId, useState, type FormEvent } from "react";
import type { Period } from "@/api/metrics";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { dayOf, dayStart, namePeriod } from "./search";

const DAY_MS = 86_400_000;

interface RangeChoiceProps {
  readonly period: Period;
  readonly onRange: (since: string, until: string) => void;
}

/** From which day to which: any range that the usual periods are not. */
export function RangeChoice({ period, onRange }: RangeChoiceProps) {
  const [isOpen, setOpen] = useState(false);
  const isRange = period.since !== undefined;
  return (
    <Popover.Root open={isOpen} onOpenChange={setOpen}>
      <Popover.Trigger asChild>
        <Button
          icon={CalendarRange}
          className={classNames(
            "max-sm:px-2.5",
            isRange ? "bg-sunken! font-semibold" : "font-normal text-soft",
          )}
        >
          {isRange ? namePeriod(period) : "Range"}
        </Button>
      </Popover.Trigger>
      <Popover.Portal>
        <Popover.Content
          align="end"
          sideOffset={6}
          collisionPadding={8}
          aria-label="Choose a range"
          className="z-40 w-64 rounded-lg bg-raised p-4 shadow-float outline-none"
        >
          <RangeForm
            period={period}
            onRange={(since, until) => {
              setOpen(false);
              onRange(since, until);
            }}
          />
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}

function RangeForm({ period, onRange }: RangeChoiceProps) {
  const [now] = useState(() => Date.now());
  const end = period.until === undefined ? now : Date.parse(period.until) - 1;
  const start = period.since === undefined ? now - (period.days ?? 1) * DAY_MS : Date.parse(period.since);
  const [first, setFirst] = useState(dayOf(start));
  const [last, setLast] = useState(dayOf(end));
  const [since, until] = [dayStart(first), dayStart(last, 1)];
  const isUsable = since !== undefined && until !== undefined && since < until;
  const errorId = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isUsable) onRange(since, until);
  };
  const field = (label: string, value: string, onValue: (value: string) => void) => (
    <label className="flex items-center justify-between gap-3 text-sm">
      {label}
      <input
        type="date"
        value={value}
        max={dayOf(now)}
        aria-invalid={!isUsable}
        aria-describedby={isUsable ? undefined : errorId}
        onChange={(event) => onValue(event.target.value)}
        className="figure h-8 rounded-md border border-control bg-surface px-2 text-sm outline-none focus:border-focus focus:ring-1 focus:ring-focus"
      />
    </label>
  );
  return (
    <form onSubmit={submit} className="flex flex-col gap-3">
      {field("First day", first, setFirst)}
      {field("Last day", last, setLast)}
      {!isUsable && (
        <p id={errorId} role="alert" className="text-xs text-bad">
          The last day must not be before the first.
        </p>
      )}
      <Button type="submit" look="primary" disabled={!isUsable}>
        Show these days
      </Button>
    </form>
  );
}
