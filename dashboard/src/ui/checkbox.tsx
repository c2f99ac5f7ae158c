import { Check, Minus } from "lucide-react";
import { useEffect, useRef } from "react";

interface CheckboxProps {
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
  /** Whether some of what it stands for is on, and some is not. */
  readonly isPartly?: boolean;
  /** What it is for, where no label stands beside it. */
  readonly label?: string;
  readonly id?: string;
}

/** A box to tick, which looks the same in both themes. */
export function Checkbox({ isOn, onToggle, isPartly = false, label, id }: CheckboxProps) {
  const box = useRef<HTMLInputElement>(null);
  useEffect(() => {
    if (box.current) box.current.indeterminate = isPartly;
  }, [isPartly]);
  const Mark = isPartly ? Minus : Check;
  return (
    <span className="relative flex size-4 shrink-0">
      <input
        ref={box}
        id={id}
        type="checkbox"
        aria-label={label}
        checked={isOn}
        onChange={(event) => onToggle(event.target.checked)}
        className="size-4 cursor-pointer appearance-none rounded-sm border border-control bg-surface checked:border-accent checked:bg-accent indeterminate:border-accent indeterminate:bg-accent"
      />
      {(isOn || isPartly) && (
        <Mark
          aria-hidden
          size={12}
          strokeWidth={3}
          className="pointer-events-none absolute inset-0.5 text-on-accent"
        />
      )}
    </span>
  );
}
