import { History as HistoryIcon, Pause, Play, RotateCw, X } from "lucide-react";
import { memo, useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from "react";
import { MOST, useRunRows } from "@/api/live/run-events";
import type { RunViewProps } from "@/api/run-view";
import type { EventRow } from "@/lib/event-row";
import { formatCount, formatDuration, formatExactly, formatMoment } from "@/lib/format";
import { positionAt, positionByKey, SPEEDS, ticksOf, type Tick } from "@/lib/playhead";
import { isEnded } from "@/lib/vocabulary";
import { Button, IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { useNow } from "@/ui/clock";
import { useDelay } from "@/ui/delay";
import { usePlayhead } from "@/ui/playhead";
import { useToldKeys } from "@/ui/shortcuts";

const group = "Playhead";
const TOLD_KEYS = [
  { keys: "ArrowRight", label: "A little later", group },
  { keys: "ArrowLeft", label: "A little earlier", group },
  { keys: "Home", label: "To the beginning", group },
  { keys: "End", label: "To the end", group },
  { keys: " ", label: "Play, or stop playing", group },
  { keys: "Escape", label: "Back to now", group },
];

/** A slider through the time of a run: what stands below shows the moment that it is at. */
export default function PlayheadBar({ run }: RunViewProps) {
  const isOver = isEnded(run.status);
  const { rows, total = 0, isWhole, error, retry } = useRunRows(run.run_id, isOver);
  const { position, set } = usePlayhead();
  const [speed, setSpeed] = useState<number>(1);
  const [isPlaying, setPlaying] = useState(false);
  const now = useNow(isOver ? "never" : "second");
  const start = Date.parse(run.started_at);
  const lastAt = useMemo(() => lastOf(rows, start), [rows, start]);
  const end = isOver ? Math.max(lastAt, Date.parse(run.ended_at ?? run.started_at)) : Math.max(lastAt, now);
  const lengthMs = Math.max(1, end - start);
  const ticks = useMemo(() => ticksOf(rows, start, end), [rows, start, end]);
  const isPast = typeof position === "number";
  const ms = isPast ? Math.min(position, lengthMs) : lengthMs;
  const at = new Date(start + ms).toISOString();
  const nowWords = isOver ? "the end" : "live";
  const text = isPast
    ? `${formatDuration(ms)} after the start, ${formatMoment(at, end)}`
    : `Now: ${nowWords}`;

  useToldKeys(TOLD_KEYS);
  usePlaying(isPlaying && isPast, { ms, lengthMs, speed }, (next) => {
    const reached = positionAt(next, lengthMs);
    set(reached);
    if (reached === "now") setPlaying(false);
  });
  const goNow = () => {
    setPlaying(false);
    set("now");
  };
  const play = () => {
    if (!isPast) set(0);
    setPlaying(!(isPlaying && isPast));
  };
  const press = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = positionByKey(event.key, position ?? "now", lengthMs);
    if (next !== undefined) {
      setPlaying(false);
      set(next);
    } else if (event.key === " ") play();
    else if (event.key === "Escape") goNow();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section
      aria-label="Playhead"
      className={classNames(
        "flex shrink-0 flex-wrap items-center gap-x-2 gap-y-1 border-b px-3 py-1.5 sm:px-4",
        isPast ? "border-wait bg-wait-tint" : "border-line bg-surface",
      )}
    >
      <IconButton
        icon={isPlaying && isPast ? Pause : Play}
        label={isPlaying && isPast ? "Stop playing" : "Play"}
        onClick={play}
      />
      <select
        aria-label="Speed"
        value={speed}
        onChange={(event) => setSpeed(Number(event.target.value))}
        className="figure h-7 rounded-md border border-line-strong bg-surface px-1 text-xs text-text"
      >
        {SPEEDS.map((each) => (
          <option key={each} value={each}>
            {each}×
          </option>
        ))}
      </select>
      <Slider
        ms={ms}
        lengthMs={lengthMs}
        text={text}
        ticks={ticks}
        onMove={(next) => {
          setPlaying(false);
          set(positionAt(next, lengthMs));
        }}
        onKeyDown={press}
      />
      {error ? (
        <Unread error={error} onRetry={retry} />
      ) : total > MOST ? (
        <span className="figure text-xs text-soft">
          Marks of {formatCount(rows.length)} of {formatCount(total)} events
        </span>
      ) : (
        !isWhole && <ReadingOn />
      )}
      <span className="flex items-center gap-2 max-sm:w-full">
        <span
          className="figure min-w-44 text-xs text-text max-sm:min-w-0 max-sm:flex-1"
          title={formatExactly(at)}
        >
          {isPast ? (
            <>
              <span className="inline-flex items-center gap-1 font-semibold text-wait">
                <HistoryIcon aria-hidden size={12} /> Past
              </span>{" "}
              {formatDuration(ms)} <span className="text-soft">{formatMoment(at, end)}</span>
            </>
          ) : (
            <span className="text-soft">{isOver ? "At the end" : "Live"}</span>
          )}
        </span>
        <Button disabled={!isPast} onClick={goNow} className="h-7 px-2 text-xs">
          {isOver ? "Now" : "Live"}
        </Button>
        <IconButton icon={X} label="Close the playhead" keys="t" onClick={() => set(undefined)} />
      </span>
    </section>
  );
}

/** Until all of the run is there, the slider lacks marks, and may end too soon. */
function ReadingOn() {
  const isLate = useDelay(150);
  return (
    <span role="status" className="text-xs text-soft">
      {isLate && "Reading the run…"}
    </span>
  );
}

function Unread({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  return (
    <span role="alert" className="flex max-w-full min-w-0 items-center gap-1 text-xs text-bad">
      <span title={message} className="max-w-80 truncate">
        The run could not be read: <bdi>{message}</bdi>
      </span>
      <IconButton icon={RotateCw} label="Read on" onClick={onRetry} />
    </span>
  );
}

interface SliderProps {
  readonly ms: number;
  readonly lengthMs: number;
  readonly text: string;
  readonly ticks: readonly Tick[];
  readonly onMove: (ms: number) => void;
  readonly onKeyDown: (event: KeyboardEvent) => void;
}

function Slider({ ms, lengthMs, text, ticks, onMove, onKeyDown }: SliderProps) {
  const share = `${(ms / lengthMs) * 100}%`;
  const move = (event: PointerEvent<HTMLElement>) => {
    const { left, width } = event.currentTarget.getBoundingClientRect();
    onMove(((event.clientX - left) / Math.max(1, width)) * lengthMs);
  };
  return (
    <div
      role="slider"
      tabIndex={0}
      aria-label="Moment of the run"
      aria-valuemin={0}
      aria-valuemax={Math.round(lengthMs)}
      aria-valuenow={Math.round(ms)}
      aria-valuetext={text}
      onKeyDown={onKeyDown}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        event.currentTarget.setPointerCapture(event.pointerId);
        move(event);
      }}
      onPointerMove={(event) => {
        if (event.currentTarget.hasPointerCapture(event.pointerId)) move(event);
      }}
      className="relative h-7 min-w-32 flex-1 cursor-ew-resize touch-none rounded-sm"
    >
      <span className="absolute inset-x-0 top-3 h-1 rounded-full bg-control" />
      <Ticks ticks={ticks} />
      <span className="absolute top-3 left-0 h-1 rounded-full bg-accent" style={{ width: share }} />
      <span
        className="absolute top-1.5 size-4 -translate-x-1/2 rounded-full border-2 border-surface bg-accent shadow-sm"
        style={{ left: share }}
      />
    </div>
  );
}

/** Errors stand above the line, beginnings of nodes below it. */
const Ticks = memo(function Ticks({ ticks }: { readonly ticks: readonly Tick[] }) {
  return ticks.map(({ kind, place }) => (
    <span
      key={`${kind} ${place}`}
      aria-hidden
      title={kind === "error" ? "Error" : "A node began"}
      data-tick={kind}
      className={classNames(
        "absolute w-0.5",
        kind === "error" ? "top-0 h-2.5 bg-bad" : "bottom-0.5 h-2 bg-soft",
      )}
      style={{ left: `${place * 100}%` }}
    />
  ));
});

interface Playing {
  readonly ms: number;
  readonly lengthMs: number;
  readonly speed: number;
}

/** Move on with each frame, by the time that has passed. */
function usePlaying(isOn: boolean, playing: Playing, onMove: (ms: number) => void): void {
  const latest = useRef({ playing, onMove });
  useEffect(() => {
    latest.current = { playing, onMove };
  });
  useEffect(() => {
    if (!isOn) return undefined;
    let before = performance.now();
    let place = latest.current.playing.ms;
    const step = (time: number) => {
      place += Math.max(0, time - before) * latest.current.playing.speed;
      before = time;
      frame = requestAnimationFrame(step);
      latest.current.onMove(place);
    };
    let frame = requestAnimationFrame(step);
    return () => cancelAnimationFrame(frame);
  }, [isOn]);
}

function lastOf(rows: readonly EventRow[], start: number): number {
  let last = start;
  for (const row of rows) last = Math.max(last, row.endedAt ?? row.startedAt);
  return last;
}
