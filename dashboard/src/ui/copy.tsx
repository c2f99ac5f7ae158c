import { Check, Copy } from "lucide-react";
import { useState } from "react";
import { IconButton } from "./button";

const SHOWN_MS = 1_500;

interface CopyButtonProps {
  /** The text, or what makes it where that takes time. */
  readonly text: string | (() => string);
  readonly label?: string;
}

/** Copies a text; where the browser forbids it, it selects nothing and says so. */
export function CopyButton({ text, label = "Copy" }: CopyButtonProps) {
  const [outcome, setOutcome] = useState<"copied" | "refused" | null>(null);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(typeof text === "string" ? text : text());
      setOutcome("copied");
    } catch {
      // Browsers have no clipboard on pages that are not served securely.
      setOutcome("refused");
    }
    setTimeout(() => setOutcome(null), SHOWN_MS);
  };
  const shown =
    outcome === "copied" ? "Copied" : outcome === "refused" ? "The browser does not allow it" : label;
  return (
    <>
      <IconButton icon={outcome === "copied" ? Check : Copy} label={shown} onClick={() => void copy()} />
      <span role="status" className="sr-only">
        {outcome ? shown : ""}
      </span>
    </>
  );
}

/** Lines of code to copy. */
export function Snippet({ code, label }: { readonly code: string; readonly label: string }) {
  return (
    <div className="relative overflow-hidden rounded-lg border border-line bg-sunken text-left">
      <pre
        // Long lines scroll, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        className="overflow-x-auto px-4 py-3 pr-12 font-mono text-sm leading-6"
      >
        {code}
      </pre>
      <div className="absolute top-2 right-2 rounded-md bg-sunken">
        <CopyButton text={code} label="Copy" />
      </div>
    </div>
  );
}
