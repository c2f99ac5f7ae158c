import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { CircleAlert, Copy, Download, Package, Radio, ScrollText } from "lucide-react";
import { useMemo, useState } from "react";
import { urlOf } from "@/api/base";
import { useRunRows } from "@/api/live/run-events";
import { readEvent } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatCount } from "@/lib/format";
import { readFlag, readText } from "@/lib/search-params";
import { eventKind, isEnded } from "@/lib/vocabulary";
import { Button } from "@/ui/button";
import { Menu, MenuItem } from "@/ui/menu";
import { Reading } from "@/ui/reading";
import { SearchField } from "@/ui/search-field";
import { useSelection } from "@/ui/selection";
import { useShortcut } from "@/ui/shortcuts";
import { Failure, NoMatch, Note, Waiting } from "@/ui/states";
import { useSay } from "@/ui/toast";
import { Toggle } from "@/ui/toggle";
import { ndjsonPieces, typesOf, wantedRows } from "./raw";
import { RawLines } from "./raw-lines";

/** All events of the run as lines. */
export default function RawView({ run }: RunViewProps) {
  const isOver = isEnded(run.status);
  const { rows, total, isWhole, error, retry } = useRunRows(run.run_id, isOver);
  const client = useQueryClient();
  const say = useSay();
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const text = readText(search, "raw-q") ?? "";
  const type = readText(search, "raw-type");
  const onlyErrors = readFlag(search, "raw-errors") ?? false;
  const { selection, select } = useSelection();
  const [isFollowing, setFollowing] = useState(!isOver && selection.event === undefined);
  const setSearch = (change: Record<string, unknown>) =>
    void navigate({
      to: ".",
      search: ((before: Record<string, unknown>) => ({ ...before, ...change })) as never,
      replace: true,
      resetScroll: false,
    });
  const shown = useMemo(() => wantedRows(rows, { text, type, onlyErrors }), [rows, text, type, onlyErrors]);
  const types = useMemo(() => typesOf(rows), [rows]);
  const nErrors = useMemo(() => rows.filter((row) => row.status === "failed").length, [rows]);

  const copySelected = async () => {
    if (selection.event === undefined) return;
    try {
      const event = await client.fetchQuery(readEvent(run.run_id, selection.event));
      await navigator.clipboard.writeText(JSON.stringify(event, null, 2));
      say("The event is copied, with its payload.");
    } catch (failure) {
      say(`It could not be copied: ${String(failure)}`, "bad");
    }
  };
  const hasSelected = selection.event !== undefined;
  useShortcut({ keys: "c", label: "Copy the event", group: "Raw" }, () => void copySelected(), hasSelected);

  if (rows.length === 0) {
    if (error) return <Failure error={error} onRetry={retry} />;
    if (!isWhole) return <Waiting lines={12} />;
    return (
      <div data-view="raw">
        <Note icon={ScrollText} title={isOver ? "No events were recorded" : "Nothing has happened yet"}>
          {isOver
            ? "The run began and ended without telling of a step."
            : "Events appear here as they come in."}
        </Note>
      </div>
    );
  }
  const isFiltered = shown !== rows;
  return (
    <div data-view="raw" className="@container flex h-full min-h-0 flex-col bg-surface">
      <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <SearchField
          label="Filter lines"
          text={text}
          onText={(next) => setSearch({ "raw-q": next || undefined })}
          className="w-60 @max-lg:w-auto @max-lg:flex-1"
        />
        <select
          aria-label="Type of events"
          value={type ?? ""}
          onChange={(event) => setSearch({ "raw-type": event.target.value || undefined })}
          className="h-7 max-w-44 rounded-md border border-line-strong bg-surface px-1.5 text-xs"
        >
          <option value="">All types</option>
          {type !== undefined && types.every((each) => each.type !== type) && (
            <option value={type}>{type}</option>
          )}
          {types.map((each) => (
            <option key={each.type} value={each.type}>
              {eventKind(each.type).label} ({formatCount(each.count)})
            </option>
          ))}
        </select>
        {nErrors > 0 && (
          <Toggle
            icon={CircleAlert}
            tone="bad"
            isOn={onlyErrors}
            onToggle={(isOn) => setSearch({ "raw-errors": isOn || undefined })}
          >
            {formatCount(nErrors)} {nErrors === 1 ? "error" : "errors"}
          </Toggle>
        )}
        <span className="ml-auto flex items-center gap-1.5">
          {isFiltered && (
            <span role="status" className="figure text-xs text-soft">
              {formatCount(shown.length)} shown
            </span>
          )}
          <Reading
            nRead={rows.length}
            total={total ?? rows.length}
            isWhole={isWhole}
            error={error}
            onRetry={retry}
          />
          {!isOver && (
            <Toggle icon={Radio} isOn={isFollowing} onToggle={setFollowing}>
              Follow
            </Toggle>
          )}
          <Menu
            trigger={
              <Button icon={Download} className="h-7 px-2 text-xs">
                Export
              </Button>
            }
          >
            <MenuItem icon={Copy} onSelect={() => void copyLines(shown, say)}>
              Copy {formatCount(shown.length)} lines
            </MenuItem>
            <MenuItem
              icon={Download}
              onSelect={() => save(ndjsonPieces(shown), `${run.run_name ?? "run"}.events.ndjson`)}
            >
              Download them as NDJSON
            </MenuItem>
            <MenuItem
              icon={Package}
              onSelect={() => follow(urlOf(`api/by-id/${encodeURIComponent(run.run_id)}/export`), "")}
            >
              Download all with payloads
            </MenuItem>
          </Menu>
        </span>
      </div>
      {shown.length > 0 ? (
        <RawLines
          rows={shown}
          searched={text}
          selectedId={selection.event}
          isFollowing={isFollowing}
          onLeave={() => setFollowing(false)}
          onSelect={(row) => select({ event: row.id }, { replace: hasSelected })}
        />
      ) : (
        <NoMatch
          what="event"
          onClear={() => setSearch({ "raw-q": undefined, "raw-type": undefined, "raw-errors": undefined })}
        />
      )}
    </div>
  );
}

async function copyLines(rows: Parameters<typeof ndjsonPieces>[0], say: ReturnType<typeof useSay>) {
  try {
    await navigator.clipboard.writeText(ndjsonPieces(rows).join(""));
    say(`${formatCount(rows.length)} lines are copied.`);
  } catch {
    say("The browser does not allow copying here.", "bad");
  }
}

function save(pieces: readonly string[], name: string): void {
  const address = URL.createObjectURL(new Blob([...pieces], { type: "application/x-ndjson" }));
  follow(address, name);
  // The browser reads it after this, and says nothing when it has.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

function follow(address: string, name: string): void {
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
}
