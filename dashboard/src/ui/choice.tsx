import { ToggleGroup } from "radix-ui";
import { classNames } from "./class-names";

interface ChoiceProps<Value extends string> {
  readonly label: string;
  /** What can be chosen, with its words. */
  readonly options: readonly { readonly value: Value; readonly words: string; readonly meaning?: string }[];
  /** None, where what is shown is something else. */
  readonly value: Value | undefined;
  readonly onValue: (value: Value) => void;
  readonly className?: string;
}

/** A choice of a few, all in sight. */
export function Choice<Value extends string>({
  label,
  options,
  value,
  onValue,
  className,
}: ChoiceProps<Value>) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value ?? ""}
      onValueChange={(chosen) => chosen && onValue(chosen as Value)}
      className={classNames(
        "flex h-8 shrink-0 overflow-hidden rounded-md border border-line-strong bg-surface",
        className,
      )}
    >
      {options.map((option) => (
        <ToggleGroup.Item
          key={option.value}
          value={option.value}
          aria-label={option.meaning}
          className="figure border-l border-line px-2.5 text-xs font-medium text-soft first:border-l-0 hover:bg-hover focus-visible:-outline-offset-2 data-[state=on]:bg-sunken data-[state=on]:text-text"
        >
          {option.words}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
