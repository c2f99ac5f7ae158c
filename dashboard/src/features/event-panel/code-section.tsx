import { Check, X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { CodeOutput, ExecutedCode } from "@/lib/event-code";
import { classNames } from "@/ui/class-names";
import { CopyButton } from "@/ui/copy";

const CodeText = lazy(() => import("./code-text"));
const MOST_SHOWN = 100_000;

interface CodeSectionProps {
  readonly code: ExecutedCode;
  readonly outputs: readonly CodeOutput[];
  readonly exitCode: number | null;
}

/** What was executed, what it wrote, and how it ended. */
export function CodeSection({ code, outputs, exitCode }: CodeSectionProps) {
  return (
    <section aria-label="Code" className="flex flex-col gap-3">
      <Block label={code.language ? `Code (${code.language})` : "Code"} text={code.code}>
        <Suspense fallback={<code>{code.code}</code>}>
          <CodeText {...code} />
        </Suspense>
      </Block>
      {outputs.map(({ name, text }) => (
        <Block key={name} label={name} text={text} isBad={name === "stderr"}>
          <code>{text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}\n…` : text}</code>
        </Block>
      ))}
      {exitCode !== null && <ExitCode code={exitCode} />}
    </section>
  );
}

function ExitCode({ code }: { readonly code: number }) {
  const Icon = code === 0 ? Check : X;
  return (
    <p
      className={classNames(
        "inline-flex h-6 items-center gap-1.5 self-start rounded-full pr-2.5 pl-2 text-xs font-semibold",
        code === 0 ? "bg-good-tint text-good" : "bg-bad-tint text-bad",
      )}
    >
      <Icon aria-hidden size={13} strokeWidth={2.25} />
      Exit code {code}
    </p>
  );
}

interface BlockProps {
  readonly label: string;
  readonly text: string;
  readonly isBad?: boolean;
  readonly children: React.ReactNode;
}

function Block({ label, text, isBad = false, children }: BlockProps) {
  return (
    <div className="min-w-0">
      <div className="flex h-8 items-center">
        <h3 className="flex-1 text-xs font-semibold text-soft">{label}</h3>
        <CopyButton text={text} label={`Copy ${label}`} />
      </div>
      <pre
        // Long lines scroll, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        className={classNames(
          "max-h-96 overflow-auto rounded-md border border-line bg-page px-3 py-2 font-mono text-xs leading-5",
          isBad && "text-bad",
        )}
      >
        {children}
      </pre>
    </div>
  );
}
