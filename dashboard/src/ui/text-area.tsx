import type { ChangeEvent } from "react";
import { classNames } from "./class-names";

interface TextAreaProps {
  /** What it is for; it stands in the field until something is typed. */
  readonly label: string;
  readonly text: string;
  readonly onText: (text: string) => void;
  readonly isDisabled?: boolean;
  readonly className?: string;
}

const MOST_CHARACTERS = 10_000;

/** A field for a few sentences, which grows with them. */
export function TextArea({ label, text, onText, isDisabled = false, className }: TextAreaProps) {
  return (
    <textarea
      aria-label={label}
      placeholder={label}
      value={text}
      rows={1}
      dir="auto"
      maxLength={MOST_CHARACTERS}
      disabled={isDisabled}
      onChange={(event: ChangeEvent<HTMLTextAreaElement>) => onText(event.target.value)}
      className={classNames(
        "field-sizing-content max-h-48 min-h-8 w-full resize-y rounded-md border border-line-strong bg-surface px-2.5 py-1.5 text-sm leading-5 outline-none placeholder:text-faint hover:border-control focus:border-focus focus:ring-1 focus:ring-focus max-sm:text-base",
        className,
      )}
    />
  );
}
