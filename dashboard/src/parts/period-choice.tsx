import { PERIODS } from "@/lib/period";
import { Choice } from "@/ui/choice";

interface PeriodChoiceProps {
  /** None, where the period is another one. */
  readonly days: number | undefined;
  readonly onDays: (days: number) => void;
}

const OPTIONS = PERIODS.map((days) => ({
  value: String(days),
  words: `${days} d`,
  meaning: `${days} days`,
}));

/** How many days figures and charts are of. */
export function PeriodChoice({ days, onDays }: PeriodChoiceProps) {
  return (
    <Choice
      label="Period"
      options={OPTIONS}
      value={days === undefined ? undefined : String(days)}
      onValue={(value) => onDays(Number(value))}
    />
  );
}
