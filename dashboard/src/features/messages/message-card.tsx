import { ArrowRight, Bot, Brain, Link2, ShieldHalf, User, Wrench, type LucideIcon } from "lucide-react";
import { memo, useState } from "react";
import { formatCount } from "@/lib/format";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Moment } from "@/ui/clock";
import { CopyButton } from "@/ui/copy";
import { Body, FORMATS, Plain, type Format } from "./body";
import {
  asText,
  fromJson,
  textOfPart,
  type MessageEntry,
  type Part,
  type Role,
  type ToolCall,
} from "./transcript";

const ROLES: Record<Role, { readonly icon: LucideIcon; readonly look: string; readonly label: string }> = {
  user: { icon: User, look: "bg-busy-tint text-busy", label: "Person" },
  assistant: { icon: Bot, look: "bg-plan-tint text-plan", label: "Agent" },
  system: { icon: ShieldHalf, look: "bg-calm-tint text-calm", label: "System" },
  tool: { icon: Wrench, look: "bg-wait-tint text-wait", label: "Tool" },
};

interface MessageCardProps {
  readonly entry: MessageEntry;
  readonly isSelected: boolean;
  readonly onSelect: (messageId: string) => void;
  readonly onEvent: (eventId: string) => void;
}

/** One message: who said it to whom, and what. */
export const MessageCard = memo(function MessageCard({
  entry,
  isSelected,
  onSelect,
  onEvent,
}: MessageCardProps) {
  const { message, role, parts } = entry;
  const [format, setFormat] = useState<Format>("markdown");
  const [isOpen, setOpen] = useState(role !== "system");
  const { icon: Icon, look, label } = ROLES[role];
  return (
    <article
      aria-label={`${label}: ${message.sender ?? "somebody"}`}
      className={classNames("group/card flex gap-3 px-4 py-3", isSelected && "bg-selected")}
    >
      <span
        className={classNames("mt-0.5 flex size-7 shrink-0 items-center justify-center rounded-full", look)}
      >
        <Icon aria-hidden size={15} />
      </span>
      <div className="min-w-0 max-w-4xl flex-1">
        <header className="flex min-h-7 flex-wrap items-center gap-x-2">
          <button
            type="button"
            aria-pressed={isSelected}
            title="Select this message"
            onClick={() => onSelect(message.message_id)}
            className="flex h-6 min-w-0 items-center gap-1.5 rounded-sm hover:underline"
          >
            <span className="name-text max-w-64 font-semibold">{message.sender ?? label}</span>
            {message.recipient !== null && (
              <>
                <ArrowRight aria-label="to" size={13} className="shrink-0 text-faint" />
                <span className="name-text max-w-64 text-soft">{message.recipient}</span>
              </>
            )}
          </button>
          <Moment at={message.sent_at} className="figure text-xs text-faint" />
          {message.tokens !== null && (
            <span className="figure text-xs text-faint">{formatCount(message.tokens)} tokens</span>
          )}
          <span
            className={classNames(
              "ml-auto flex items-center opacity-0 group-focus-within/card:opacity-100 group-hover/card:opacity-100",
              // On a phone, where nothing is pointed at, they are those of the message that is selected.
              isSelected ? "opacity-100" : "max-sm:hidden",
            )}
          >
            <FormatChoice format={format} onFormat={setFormat} />
            {message.event_id !== null && (
              <IconButton
                icon={Link2}
                label="Show its event"
                onClick={() => onEvent(message.event_id as string)}
              />
            )}
            <CopyButton text={parts.map(textOfPart).join("\n\n")} label="Copy the message" />
          </span>
        </header>
        {format === "json" ? (
          <Body text={JSON.stringify(message.content, null, 2)} format="json" />
        ) : isOpen ? (
          <div className="flex flex-col gap-2">
            {parts.length === 0 && <p className="text-faint">Nothing was said.</p>}
            {parts.map((part, index) => (
              // Parts of a message have no names, and don't move.
              // oxlint-disable-next-line react/no-array-index-key
              <PartView key={index} part={part} format={format} />
            ))}
          </div>
        ) : (
          <button
            type="button"
            onClick={() => setOpen(true)}
            className="line-clamp-2 w-full rounded-sm text-left text-soft hover:text-text"
          >
            <bdi>{parts.map(textOfPart).join(" ").slice(0, 400)}</bdi>
          </button>
        )}
      </div>
    </article>
  );
});

const WORDS: Record<Format, string> = { markdown: "Markdown", plain: "Plain", json: "JSON" };

function FormatChoice({
  format,
  onFormat,
}: {
  readonly format: Format;
  readonly onFormat: (format: Format) => void;
}) {
  return (
    <span role="group" aria-label="Show as" className="mr-1 flex">
      {FORMATS.map((each) => (
        <button
          key={each}
          type="button"
          aria-pressed={each === format}
          onClick={() => onFormat(each)}
          className={classNames(
            "h-6 rounded-sm px-1.5 text-xs",
            each === format ? "bg-calm-tint font-medium text-text" : "text-soft hover:text-text",
          )}
        >
          {WORDS[each]}
        </button>
      ))}
    </span>
  );
}

function PartView({ part, format }: { readonly part: Part; readonly format: Format }) {
  switch (part.kind) {
    case "text": {
      const value = format === "markdown" ? fromJson(part.text) : part.text;
      return typeof value === "string" ? (
        <Body text={value} format={format} />
      ) : (
        <ValueBlock label="JSON" value={value} />
      );
    }
    case "thinking":
      return (
        <details className="group/thought text-soft">
          <summary className="flex h-6 w-fit cursor-pointer items-center gap-1.5 rounded-sm text-xs font-medium">
            <Brain aria-hidden size={13} /> Thought
          </summary>
          <div className="border-l-2 border-line pl-3">
            <Plain text={part.text} />
          </div>
        </details>
      );
    case "json":
      return <ValueBlock label="JSON" value={part.value} />;
    case "call":
      return <CallCard call={part} />;
    case "result":
      return (
        <ValueBlock label={part.isError ? "Error" : "Result"} value={part.output} isBad={part.isError} />
      );
    case "image":
      return <img src={part.source} alt="In the message" className="max-h-80 max-w-full rounded-md" />;
  }
}

/** A tool call with what it returned. */
function CallCard({ call }: { readonly call: ToolCall }) {
  return (
    <div className="overflow-hidden rounded-lg border border-line">
      <div className="flex h-8 items-center gap-2 bg-page px-3">
        <Wrench aria-hidden size={13} className="shrink-0 text-hue-amber" />
        <span className="name-text font-mono text-xs font-medium">{call.name}</span>
        {call.result === null && <span className="text-xs text-faint">no result was recorded</span>}
      </div>
      <div className="flex flex-col gap-2 border-t border-line p-2">
        <ValueBlock label="Arguments" value={call.input} />
        {call.result && (
          <ValueBlock
            label={call.result.isError ? "Error" : "Result"}
            value={call.result.output}
            isBad={call.result.isError}
          />
        )}
      </div>
    </div>
  );
}

interface ValueBlockProps {
  readonly label: string;
  readonly value: unknown;
  readonly isBad?: boolean;
}

/** Some JSON or text under a label; it scrolls inside itself. */
export function ValueBlock({ label, value, isBad = false }: ValueBlockProps) {
  const text = asText(value);
  return (
    <div className="min-w-0">
      <div className={classNames("text-2xs font-medium", isBad ? "text-bad" : "text-faint")}>{label}</div>
      <pre
        // It scrolls, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        aria-label={label}
        dir="auto"
        className={classNames(
          "max-h-80 overflow-auto rounded-md px-2 py-1.5 font-mono text-xs leading-5 whitespace-pre-wrap break-words",
          isBad ? "bg-bad-tint text-bad" : "bg-sunken",
        )}
      >
        {text || "–"}
      </pre>
    </div>
  );
}
