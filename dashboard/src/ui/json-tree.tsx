/**
 * A JSON value to look through: it has only those rows in the document that are seen, so one of many megabytes is as
 * quick as a small one. Several of them may stand in one pane that scrolls.
 */

import { useVirtualizer } from "@tanstack/react-virtual";
import {
  Braces,
  ChevronDown,
  ChevronRight,
  ChevronUp,
  Copy,
  FileText,
  Info,
  Lock,
  Scissors,
  Search,
  type LucideIcon,
} from "lucide-react";
import {
  useEffect,
  useId,
  useLayoutEffect,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type ReactNode,
  type RefObject,
} from "react";
import { formatBytes, formatCount } from "@/lib/format";
import {
  copyOf,
  findInJson,
  formatPath,
  idOf,
  jsonRows,
  openedTo,
  splitMatches,
  type JsonRow,
  type Opened,
} from "@/lib/json-tree";
import type { Mark } from "@/lib/mark";
import { IconButton } from "./button";
import { classNames } from "./class-names";
import { CopyButton } from "./copy";
import { useSay } from "./toast";

interface JsonTreeProps {
  /** What the value is called, in paths and for screen readers. */
  readonly name: string;
  readonly label: string;
  readonly value: unknown;
  /** The pane that scrolls. */
  readonly scroller: HTMLElement | null;
  /** Draws the link to a file that has a value. */
  readonly fileLink?: (fileId: string, words: string) => ReactNode;
}

const ROW = 22;
const INDENT_PX = 14;
const SEARCH_FROM = 12;
const PAUSE_MS = 150;

export function JsonTree({ name, label, value, scroller, fileLink }: JsonTreeProps) {
  const [opened, setOpened] = useState<Opened>(new Map());
  const rows = useMemo(() => jsonRows(value, opened), [value, opened]);
  const [active, setActive] = useState(0);
  const [isSearching, setSearching] = useState(false);
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);
  const margin = useMargin(list, scroller);
  const say = useSay();
  // Its functions change what they return without changing themselves, so nothing here is remembered by the compiler.
  // oxlint-disable-next-line react/incompatible-library
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller,
    estimateSize: (index) => (rows[index]?.kind === "line" ? 20 : ROW),
    getItemKey: (index) => rows[index]?.id ?? index,
    overscan: 12,
    scrollMargin: margin,
    scrollPaddingStart: 72,
    scrollPaddingEnd: 24,
  });
  const search = useMatches(value, isSearching);
  const current = search.current === undefined ? undefined : idOf(search.current);
  const target = useRef<string | undefined>(undefined);
  const show = (path: JsonRow["path"]) => {
    target.current = idOf(path);
    setOpened((before) => openedTo(before, path));
  };
  useEffect(() => {
    if (target.current === undefined) return;
    const index = rows.findIndex((row) => row.id === target.current);
    if (index === -1) return;
    target.current = undefined;
    setActive(index);
    virtualizer.scrollToIndex(index, { align: "auto" });
  }, [rows, virtualizer]);
  const toggle = (row: JsonRow, isOpen = !row.isOpen) => {
    if (row.canOpen) setOpened((before) => new Map(before).set(row.id, isOpen));
  };
  const go = (index: number) => {
    const next = Math.max(0, Math.min(rows.length - 1, index));
    setActive(next);
    virtualizer.scrollToIndex(next, { align: "auto" });
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const row = rows[active];
    if (row === undefined) return;
    const parent = () => rows.slice(0, active).findLastIndex((each) => each.depth < row.depth);
    const acts: Record<string, () => void> = {
      ArrowDown: () => go(active + 1),
      ArrowUp: () => go(active - 1),
      Home: () => go(0),
      End: () => go(rows.length - 1),
      ArrowRight: () => (row.isOpen ? go(active + 1) : toggle(row, true)),
      ArrowLeft: () => (row.isOpen ? toggle(row, false) : go(Math.max(0, parent()))),
      Enter: () => toggle(row),
      " ": () => toggle(row),
    };
    const act = Object.hasOwn(acts, event.key) ? acts[event.key] : undefined;
    if (act === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };
  const click = (event: MouseEvent) => {
    const target = event.target as Element;
    const index = Number(target.closest<HTMLElement>("[data-index]")?.dataset["index"]);
    const row = rows[index];
    // Whoever marks text with the pointer does not want it closed.
    if (row === undefined || target.closest("a, button") || !getSelection()?.isCollapsed) return;
    setActive(index);
    toggle(row);
  };
  const copyPath = async (row: JsonRow) => {
    const path = formatPath(name, row.path);
    try {
      await navigator.clipboard.writeText(path);
      say(<span className="font-mono text-xs break-all">{path} copied</span>);
    } catch {
      say("The browser does not allow to copy", "bad");
    }
  };
  return (
    <div className="group/tree min-w-0">
      <div className="flex h-8 items-center gap-1">
        <h3 className="text-xs font-semibold text-soft">{label}</h3>
        <span className="figure text-2xs text-faint">{sizeWords(value)}</span>
        <span className="ml-auto flex items-center">
          {isSearching ? (
            <SearchBox {...search} onShow={show} onClose={() => setSearching(false)} label={label} />
          ) : (
            (rows.length >= SEARCH_FROM || rows.some((row) => row.canOpen && !row.isOpen)) && (
              <IconButton icon={Search} label={`Search in ${label}`} onClick={() => setSearching(true)} />
            )
          )}
          <CopyButton text={() => copyOf(value)} label={`Copy ${label}`} />
        </span>
      </div>
      <div
        ref={list}
        role="tree"
        tabIndex={0}
        aria-label={label}
        aria-activedescendant={rows[active] ? `${prefix}-${active}` : undefined}
        onKeyDown={press}
        onClick={click}
        className="group/json relative rounded-md border border-line bg-page font-mono text-xs outline-none focus-visible:border-focus"
        style={{ height: virtualizer.getTotalSize() + 8 }}
      >
        {virtualizer.getVirtualItems().map((item) => {
          const row = rows[item.index];
          if (row === undefined) return null;
          return (
            <div
              key={item.key}
              ref={virtualizer.measureElement}
              data-index={item.index}
              id={`${prefix}-${item.index}`}
              role="treeitem"
              aria-level={row.depth + 1}
              aria-selected={item.index === active}
              aria-expanded={row.canOpen ? row.isOpen : undefined}
              style={{
                transform: `translateY(${item.start - margin + 4}px)`,
                paddingLeft: 8 + row.depth * INDENT_PX,
              }}
              className={classNames(
                "group/row absolute inset-x-0 top-0 flex min-h-[22px] items-start gap-1 pr-1 leading-[22px]",
                row.canOpen && "cursor-pointer",
                row.id === current ? "bg-selected" : "hover:bg-hover",
                item.index === active && "group-focus-visible/json:shadow-focus",
              )}
            >
              <Toggle row={row} />
              <span className="min-w-0 flex-1 whitespace-pre-wrap [overflow-wrap:anywhere]">
                <RowText row={row} name={name} wanted={search.text} fileLink={fileLink} />
              </span>
              {row.kind !== "line" && row.path.length > 0 && (
                <button
                  type="button"
                  tabIndex={-1}
                  title={`Copy the path ${formatPath(name, row.path)}`}
                  aria-label={`Copy the path ${formatPath(name, row.path)}`}
                  onClick={() => void copyPath(row)}
                  className="invisible flex h-[22px] w-6 shrink-0 items-center justify-center text-faint group-hover/row:visible hover:text-text"
                >
                  <Copy aria-hidden size={12} />
                </button>
              )}
            </div>
          );
        })}
      </div>
    </div>
  );
}

function Toggle({ row }: { readonly row: JsonRow }) {
  if (!row.canOpen) return <span className={row.kind === "line" ? "w-1 shrink-0" : "w-4 shrink-0"} />;
  const Icon = row.isOpen ? ChevronDown : ChevronRight;
  return (
    <span
      aria-hidden
      className="flex h-[22px] w-4 shrink-0 cursor-pointer items-center justify-center text-faint hover:text-text"
    >
      <Icon size={13} />
    </span>
  );
}

interface RowTextProps {
  readonly row: JsonRow;
  readonly name: string;
  readonly wanted: string;
  readonly fileLink: JsonTreeProps["fileLink"];
}

function RowText({ row, name, wanted, fileLink }: RowTextProps) {
  if (row.kind === "line") return <Matched text={row.line ?? ""} wanted={wanted} />;
  const key = row.path.at(-1) ?? name;
  return (
    <>
      {row.path.length > 0 && (
        <span className={typeof key === "number" ? "text-faint" : "text-hue-violet"}>
          <Matched text={String(key)} wanted={wanted} />
          <span className="text-faint">: </span>
        </span>
      )}
      <Value row={row} wanted={wanted} fileLink={fileLink} />
    </>
  );
}

function Value({ row, wanted, fileLink }: Omit<RowTextProps, "name">) {
  const { value, mark } = row;
  if (mark !== null) return <MarkText mark={mark} fileLink={fileLink} />;
  if (row.kind === "array") return <Dim>{row.size === 0 ? "[]" : `[${formatCount(row.size)}]`}</Dim>;
  if (row.kind === "object") {
    return (
      <Dim>
        {row.size === 0
          ? "{}"
          : row.isOpen
            ? ""
            : `{${Object.keys(value as object)
                .slice(0, 4)
                .join(", ")}${row.size > 4 ? ", …" : ""}}`}
      </Dim>
    );
  }
  if (row.kind === "text") {
    const text = value as string;
    return row.isOpen ? (
      <Dim>{`${formatCount(text.length)} characters`}</Dim>
    ) : (
      <span className="text-hue-green">
        <Matched text={text.slice(0, 100).replaceAll("\n", " ↵ ")} wanted={wanted} />…
      </span>
    );
  }
  if (typeof value === "string") {
    return (
      <span className="text-hue-green">
        {value === "" ? <span className="text-faint">empty</span> : <Matched text={value} wanted={wanted} />}
      </span>
    );
  }
  const tone = typeof value === "number" ? "text-hue-blue" : value === null ? "text-faint" : "text-hue-amber";
  return (
    <span className={tone}>
      <Matched text={String(value)} wanted={wanted} />
    </span>
  );
}

const MARK_ICONS: Record<Mark["kind"], LucideIcon> = {
  cut: Scissors,
  file: FileText,
  secret: Lock,
  about: Info,
};

function MarkText({ mark, fileLink }: { readonly mark: Mark; readonly fileLink: JsonTreeProps["fileLink"] }) {
  const Icon = mark.rest ? Braces : MARK_ICONS[mark.kind];
  const about = [mark.sizeBytes === undefined ? null : formatBytes(mark.sizeBytes), mark.mediaType].filter(
    Boolean,
  );
  const words = [mark.words, ...about].join(", ");
  return (
    <span
      className={classNames(
        "inline-flex max-w-full items-center gap-1 rounded-sm px-1.5 align-middle font-sans text-2xs leading-[18px]",
        mark.kind === "cut" ? "bg-wait-tint text-wait" : "bg-calm-tint text-calm",
      )}
    >
      <Icon aria-hidden size={11} className="shrink-0" />
      {mark.fileId !== undefined && fileLink ? fileLink(mark.fileId, words) : words}
    </span>
  );
}

function Dim({ children }: { readonly children: ReactNode }) {
  return <span className="text-faint">{children}</span>;
}

function Matched({ text, wanted }: { readonly text: string; readonly wanted: string }) {
  const parts = splitMatches(text, wanted);
  if (parts.length === 1) return text;
  return parts.map((part, index) =>
    index % 2 === 1 ? (
      // Parts have no other name than their place, and are drawn anew together.
      // oxlint-disable-next-line react/no-array-index-key
      <mark key={index} className="rounded-[2px] bg-mark text-text">
        {part}
      </mark>
    ) : (
      part
    ),
  );
}

function useMatches(value: unknown, isSearching: boolean) {
  const [typed, setTyped] = useState("");
  const [text, setText] = useState("");
  const [place, setPlace] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => {
      setText(isSearching ? typed : "");
      setPlace(0);
    }, PAUSE_MS);
    return () => clearTimeout(timer);
  }, [typed, isSearching]);
  const matches = useMemo(() => findInJson(value, text), [value, text]);
  return { typed, setTyped, text, matches, place, setPlace, current: matches[place] };
}

interface SearchBoxProps extends ReturnType<typeof useMatches> {
  readonly label: string;
  readonly onShow: (path: JsonRow["path"]) => void;
  readonly onClose: () => void;
}

function SearchBox({
  typed,
  setTyped,
  text,
  matches,
  place,
  setPlace,
  label,
  onShow,
  onClose,
}: SearchBoxProps) {
  const latest = useRef(onShow);
  useEffect(() => {
    latest.current = onShow;
  });
  const current = matches[place];
  useEffect(() => {
    if (current !== undefined) latest.current(current);
  }, [current]);
  const step = (by: number) => matches.length > 0 && setPlace((place + by + matches.length) % matches.length);
  const close = () => {
    setTyped("");
    onClose();
  };
  return (
    <span className="flex items-center">
      <span role="status" className="figure mr-1.5 text-2xs text-faint">
        {text &&
          (matches.length === 0
            ? "no match"
            : `${place + 1} of ${formatCount(matches.length)}${matches.length >= 1_000 ? "+" : ""}`)}
      </span>
      <input
        autoFocus
        type="search"
        aria-label={`Search in ${label}`}
        placeholder="Key or value"
        value={typed}
        spellCheck={false}
        onChange={(event) => setTyped(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") step(event.shiftKey ? -1 : 1);
          else if (event.key === "Escape") close();
          else return;
          event.preventDefault();
          event.stopPropagation();
        }}
        className="h-6 w-36 rounded-sm border border-control bg-surface px-1.5 text-xs outline-none placeholder:text-faint focus:border-focus"
      />
      <IconButton
        icon={ChevronUp}
        label="Previous match"
        disabled={matches.length === 0}
        onClick={() => step(-1)}
      />
      <IconButton
        icon={ChevronDown}
        label="Next match"
        disabled={matches.length === 0}
        onClick={() => step(1)}
        className="-ml-1"
      />
    </span>
  );
}

function sizeWords(value: unknown): string {
  if (Array.isArray(value)) return value.length === 1 ? "1 entry" : `${formatCount(value.length)} entries`;
  if (typeof value === "string" && value.length > 90) return `${formatCount(value.length)} characters`;
  return "";
}

/** How far below the top of the pane the rows begin; what stands above them may grow. */
function useMargin(list: RefObject<HTMLElement | null>, scroller: HTMLElement | null): number {
  const [margin, setMargin] = useState(0);
  useLayoutEffect(() => {
    const element = list.current;
    if (element === null || scroller === null) return undefined;
    const measure = () =>
      setMargin(
        Math.round(
          element.getBoundingClientRect().top - scroller.getBoundingClientRect().top + scroller.scrollTop,
        ),
      );
    measure();
    const observer = new ResizeObserver(measure);
    for (const child of scroller.children) observer.observe(child);
    return () => observer.disconnect();
  }, [list, scroller]);
  return margin;
}
