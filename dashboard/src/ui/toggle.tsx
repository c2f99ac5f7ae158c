import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names";

interface ToggleProps {
  readonly icon?: LucideIcon;
  readonly isOn: boolean;
  readonly onToggle: (isOn: boolean) => void;
  readonly tone?: "plain" | "bad";
  readonly children: ReactNode;
}

/** A button that stays pressed. */
export function Toggle({ icon: Icon, isOn, onToggle, tone = "plain", children }: ToggleProps) {
  return (
    <button
      type="button"
      aria-pressed={isOn}
      onClick={() => onToggle(!isOn)}
      className={classNames(
        "inline-flex h-7 shrink-0 items-center gap-1.5 rounded-md border px-2 text-xs font-medium whitespace-nowrap transition-colors",
        isOn
          ? tone === "bad"
            ? "border-bad bg-bad-tint text-bad"
            : "border-accent bg-selected text-accent"
          : classNames("border-line-strong hover:bg-hover", tone === "bad" ? "text-bad" : "text-soft"),
      )}
    >
      {Icon && <Icon aria-hidden size={13} />}
      {children}
    </button>
  );
}
