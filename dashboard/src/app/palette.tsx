import { useQuery } from "@tanstack/react-query";
import { useNavigate, type LinkProps } from "@tanstack/react-router";
import {
  Bot,
  ChartNoAxesColumn,
  DatabaseBackup,
  Layers,
  ListVideo,
  Monitor,
  Moon,
  Search,
  Sun,
  UserCheck,
  type LucideIcon,
} from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useDeferredValue, useId, useState, type KeyboardEvent, type ReactNode } from "react";
import { find, type Found } from "@/api/find";
import { formatNumberOf } from "@/lib/format";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { Keys } from "@/ui/keys";
import { StatusIcon } from "@/ui/status";
import { setTheme } from "@/ui/theme";

interface PaletteProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/** Goes to anything by a part of its name, and does what the page can do. */
export function Palette({ isOpen, onOpenChange }: PaletteProps) {
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          aria-describedby={undefined}
          className="fixed top-[10vh] left-1/2 z-40 flex max-h-[70vh] w-[calc(100vw-1.5rem)] max-w-xl -translate-x-1/2 flex-col overflow-hidden rounded-lg bg-raised shadow-pop"
        >
          <Radix.Title className="sr-only">Go to</Radix.Title>
          <PaletteBody onDone={() => onOpenChange(false)} />
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

function PaletteBody({ onDone }: { readonly onDone: () => void }) {
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  const listId = useId();
  const navigate = useNavigate();
  const asked = useDeferredValue(text.trim());
  const { data: found, error, isFetching, isPlaceholderData } = useQuery(find(asked));
  const isBehind = isPlaceholderData || asked !== text.trim();
  const items = itemsOf(text.trim(), found, isBehind);
  const current = Math.min(at, Math.max(0, items.length - 1));
  const choose = (item: Item | undefined) => {
    if (item === undefined) return;
    onDone();
    if (item.act) item.act();
    else if (item.link) void navigate(item.link);
  };
  const press = (event: KeyboardEvent) => {
    const moves: Record<string, number> = {
      ArrowDown: current + 1,
      ArrowUp: current - 1,
      Home: 0,
      End: items.length - 1,
    };
    const next = moves[event.key];
    if (
      next !== undefined &&
      items.length > 0 &&
      !(event.key === "Home" || event.key === "End" ? text : "")
    ) {
      event.preventDefault();
      setAt((next + items.length) % items.length);
    } else if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      choose(items[current]);
    }
  };
  return (
    <>
      <div className="flex items-center gap-2.5 border-b border-line px-4">
        <Search aria-hidden size={16} className="shrink-0 text-faint" />
        <input
          autoFocus
          role="combobox"
          aria-label="Go to an agent, a run, a session or a page"
          aria-expanded
          aria-controls={listId}
          aria-activedescendant={items[current] ? `${listId}-${current}` : undefined}
          placeholder="Go to an agent, a run, a session…"
          value={text}
          spellCheck={false}
          autoComplete="off"
          onChange={(event) => {
            setText(event.target.value);
            setAt(0);
          }}
          onKeyDown={press}
          className="h-12 min-w-0 flex-1 bg-transparent text-lg outline-none placeholder:text-faint"
        />
        <Keys keys="Escape" />
      </div>
      <div id={listId} role="listbox" aria-label="Found" className="min-h-0 overflow-auto p-1.5">
        {items.map((item, index) => (
          <Entry
            key={item.id}
            id={`${listId}-${index}`}
            item={item}
            isCurrent={index === current}
            heading={item.group === items[index - 1]?.group ? undefined : item.group}
            onPoint={() => setAt(index)}
            onChoose={() => choose(item)}
          />
        ))}
        {items.length === 0 && (
          <div
            role="option"
            aria-selected={false}
            aria-disabled
            className="px-3 py-6 text-center text-sm text-soft"
          >
            {error
              ? `This could not be looked up: ${error.message}`
              : isBehind || isFetching
                ? "Looking…"
                : "Nothing is called so."}
          </div>
        )}
      </div>
    </>
  );
}

interface EntryProps {
  readonly id: string;
  readonly item: Item;
  readonly isCurrent: boolean;
  readonly heading: string | undefined;
  readonly onPoint: () => void;
  readonly onChoose: () => void;
}

function Entry({ id, item, isCurrent, heading, onPoint, onChoose }: EntryProps) {
  return (
    <>
      {heading && (
        <div role="presentation" className="px-2.5 pt-2 pb-1 text-xs font-medium text-faint">
          {heading}
        </div>
      )}
      {/* The keys are those of the field, which keeps the focus. */}
      {/* oxlint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
      <div
        ref={(element) => {
          if (isCurrent) element?.scrollIntoView({ block: "nearest" });
        }}
        id={id}
        role="option"
        aria-selected={isCurrent}
        onPointerMove={onPoint}
        onClick={onChoose}
        className={classNames(
          "flex h-9 cursor-default items-center gap-2.5 rounded-md px-2.5 text-sm",
          isCurrent && "bg-selected",
        )}
      >
        {item.symbol}
        <span className="name-text min-w-0">{item.label}</span>
        <span className="name-text ml-auto shrink-0 pl-4 text-xs text-faint">{item.hint}</span>
      </div>
    </>
  );
}

interface Item {
  readonly id: string;
  readonly group: string;
  readonly label: string;
  readonly symbol: ReactNode;
  readonly hint?: ReactNode;
  readonly link?: LinkProps;
  readonly act?: () => void;
}

const icon = (Icon: LucideIcon) => <Icon aria-hidden size={15} className="shrink-0 text-soft" />;

const COMMANDS: readonly Item[] = [
  { id: "agents", group: "Pages", label: "Agents", symbol: icon(Bot), link: { to: "/agents" } },
  { id: "runs", group: "Pages", label: "Runs", symbol: icon(ListVideo), link: { to: "/runs" } },
  { id: "sessions", group: "Pages", label: "Sessions", symbol: icon(Layers), link: { to: "/sessions" } },
  {
    id: "approvals",
    group: "Pages",
    label: "Approvals",
    symbol: icon(UserCheck),
    link: { to: "/approvals" },
  },
  {
    id: "metrics",
    group: "Pages",
    label: "Metrics",
    symbol: icon(ChartNoAxesColumn),
    link: { to: "/stats" },
  },
  {
    id: "imports",
    group: "Pages",
    label: "Imports of old databases",
    symbol: icon(DatabaseBackup),
    link: { to: "/imports" },
  },
  { id: "light", group: "Theme", label: "Light theme", symbol: icon(Sun), act: () => setTheme("light") },
  { id: "dark", group: "Theme", label: "Dark theme", symbol: icon(Moon), act: () => setTheme("dark") },
  {
    id: "system",
    group: "Theme",
    label: "Theme of the system",
    symbol: icon(Monitor),
    act: () => setTheme("system"),
  },
];

/** Return what can be chosen. What was found for an earlier text counts as far as it is called like this, too. */
function itemsOf(text: string, found: Found | undefined, isBehind: boolean): readonly Item[] {
  const lower = text.toLowerCase();
  const isCalledSo = ({ label }: Item) => label.toLowerCase().includes(lower);
  const items = found ? foundItems(found) : [];
  return [...(isBehind ? items.filter(isCalledSo) : items), ...COMMANDS.filter(isCalledSo)];
}

function foundItems({ agents, runs, sessions }: Found): readonly Item[] {
  return [
    ...agents.map((agent) => ({
      id: `agent ${agent.agent_name}`,
      group: "Agents",
      label: agent.agent_name,
      symbol: icon(Bot),
      hint: <Ago at={agent.last_run_at} />,
      link: { to: "/agents/$agentName", params: { agentName: agent.agent_name } } as LinkProps,
    })),
    ...runs.map((run) => ({
      id: `run ${run.run_id}`,
      group: "Runs",
      label: run.run_name ?? "new run",
      symbol: <StatusIcon status={run.status} size={15} />,
      hint: run.agent_name,
      link: { to: "/runs/$runId", params: { runId: run.run_id } } as LinkProps,
    })),
    ...sessions.map((session) => ({
      id: `session ${session.session_id}`,
      group: "Sessions",
      label: session.name,
      symbol: icon(Layers),
      hint: formatNumberOf(session.run_count, "run"),
      link: { to: "/sessions/$sessionId", params: { sessionId: session.session_id } } as LinkProps,
    })),
  ];
}
