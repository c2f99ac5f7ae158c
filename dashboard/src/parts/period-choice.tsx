import { ToggleGroup } from "radix-ui";
import { PERIODS } from "@/lib/period";

interface PeriodChoiceProps {
  /** None, where the period is another one. */
  readonly days: number | undefined;
  readonly onDays: (days: number) => void;
}

/** How many days figures and charts are of. */
export function PeriodChoice({ days, onDays }: PeriodChoiceProps) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label="Period"
      value={String(days ?? "")}
      onValueChange={(value) => value && onDays(Number(value))}
      className="flex h-8 overflow-hidden rounded-md border border-line-strong"
    >
      {PERIODS.map((period) => (
        <ToggleGroup.Item
          key={period}
          value={String(period)}
          aria-label={`${period} days`}
          className="figure border-l border-line px-2.5 text-xs text-soft first:border-l-0 hover:bg-hover focus-visible:-outline-offset-2 data-[state=on]:bg-sunken data-[state=on]:font-semibold data-[state=on]:text-text"
        >
          {period} d
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
