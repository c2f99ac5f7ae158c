import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { classNames } from "./class-names";
import { Keys } from "./keys";
import { useShortcut } from "./shortcuts";

interface SearchFieldProps {
  readonly label: string;
  /** The text that is searched for, as the address has it. */
  readonly text: string;
  /** Takes the text when somebody has stopped typing for a moment. */
  readonly onText: (text: string) => void;
  readonly className?: string;
}

const PAUSE_MS = 200;

/** Searches within a page; `/` leads there, Escape empties it and then leads back. */
export function SearchField({ label, text, onText, className }: SearchFieldProps) {
  const field = useRef<HTMLInputElement>(null);
  const [typed, setTyped] = useState(text);
  const sent = useRef(text);
  useEffect(() => {
    // The address may change otherwise: by the back button, or when filters are cleared.
    if (text !== sent.current) {
      sent.current = text;
      setTyped(text);
    }
  }, [text]);
  useEffect(() => {
    if (typed === sent.current) return undefined;
    const timer = setTimeout(() => {
      sent.current = typed;
      onText(typed);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, onText]);
  useShortcut({ keys: "/", label, group: "Tables" }, () => field.current?.select());
  return (
    <div className={classNames("relative", className)}>
      <Search
        aria-hidden
        size={14}
        className="pointer-events-none absolute top-1/2 left-2.5 -translate-y-1/2 text-faint"
      />
      <input
        ref={field}
        type="search"
        aria-label={label}
        placeholder={label}
        value={typed}
        maxLength={200}
        spellCheck={false}
        autoComplete="off"
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          if (typed) setTyped("");
          else field.current?.blur();
          event.preventDefault();
        }}
        className="h-8 w-full rounded-md border border-line-strong bg-surface pr-8 pl-8 text-sm outline-none placeholder:text-faint hover:border-control focus:border-focus focus:ring-1 focus:ring-focus max-sm:text-base [&::-webkit-search-cancel-button]:hidden"
      />
      <span className="absolute top-1/2 right-1.5 flex -translate-y-1/2 items-center">
        {typed ? (
          <button
            type="button"
            aria-label="Clear the search"
            onClick={() => {
              setTyped("");
              field.current?.focus();
            }}
            className="flex size-6 items-center justify-center rounded-sm text-faint hover:text-text"
          >
            <X aria-hidden size={14} />
          </button>
        ) : (
          <span className="max-sm:hidden" aria-hidden>
            <Keys keys="/" />
          </span>
        )}
      </span>
    </div>
  );
}
