import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import type { LucideIcon } from "lucide-react";
import { classNames } from "./class-names";
import { Tooltip } from "./tooltip";

type Look = "plain" | "primary" | "danger" | "quiet";

const LOOKS: Record<Look, string> = {
  plain: "border border-line-strong bg-surface text-text hover:bg-hover",
  primary: "border border-transparent bg-accent text-on-accent hover:bg-accent-strong",
  danger: "border border-transparent bg-bad text-surface hover:opacity-90",
  quiet: "border border-transparent text-soft hover:bg-hover hover:text-text",
};

interface ButtonProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  readonly look?: Look;
  readonly icon?: LucideIcon;
  readonly ref?: Ref<HTMLButtonElement>;
}

/** A button with a word on it. */
export function Button({ look = "plain", icon: Icon, className, children, ...rest }: ButtonProps) {
  return (
    <button
      type="button"
      className={classNames(
        "inline-flex h-8 shrink-0 items-center justify-center gap-1.5 rounded-md px-3 text-sm font-medium whitespace-nowrap transition-colors disabled:opacity-50",
        LOOKS[look],
        className,
      )}
      {...rest}
    >
      {Icon && <Icon aria-hidden size={15} strokeWidth={2} className="-ml-0.5 shrink-0" />}
      {children}
    </button>
  );
}

interface IconButtonProps extends Omit<ButtonHTMLAttributes<HTMLButtonElement>, "children"> {
  readonly icon: LucideIcon;
  /** What it does; told to screen readers, and shown beside it. */
  readonly label: string;
  readonly keys?: string;
  readonly ref?: Ref<HTMLButtonElement>;
  readonly children?: ReactNode;
}

/** A button with a symbol on it, 28 px wide. */
export function IconButton({ icon: Icon, label, keys, className, ...rest }: IconButtonProps) {
  return (
    <Tooltip text={label} {...(keys ? { keys } : {})}>
      <button
        type="button"
        aria-label={label}
        className={classNames(
          "inline-flex size-7 shrink-0 items-center justify-center rounded-md text-soft transition-colors hover:bg-hover hover:text-text disabled:opacity-40",
          className,
        )}
        {...rest}
      >
        <Icon aria-hidden size={15} strokeWidth={2} />
      </button>
    </Tooltip>
  );
}
