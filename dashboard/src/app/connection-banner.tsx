import { Unplug } from "lucide-react";
import { useLiveState } from "@/api/live/live";
import { Button } from "@/ui/button";
import { useNow } from "@/ui/clock";
import { formatDuration } from "@/lib/format";
import { Tooltip } from "@/ui/tooltip";

// A server that is started again is back sooner, and nobody needs to read of that.
const GRACE_MS = 1_500;

/** Says that the server is not heard, how old what is shown is, and when it will be tried again. */
export function ConnectionBanner() {
  const { state, retry } = useLiveState();
  const now = useNow(state.kind === "lost" ? "second" : "never");
  if (state.kind !== "lost" || now - state.since < GRACE_MS) return null;
  const waitS = Math.max(0, Math.ceil((state.retryAt - now) / 1_000));
  return (
    <div
      role="status"
      className="flex shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line bg-wait-tint px-4 py-1.5 text-sm text-wait"
    >
      <Unplug aria-hidden size={15} />
      <span>
        The server is not heard. What is shown is from {formatDuration(Math.max(0, now - state.since))} ago.
      </span>
      <span className="figure ml-auto">{waitS > 0 ? `Next try in ${waitS} s` : "Trying…"}</span>
      <Button onClick={retry} className="h-7">
        Try now
      </Button>
    </div>
  );
}

/** A dot that says whether lists follow. */
export function ConnectionDot() {
  const { state } = useLiveState();
  const isLive = state.kind === "live";
  const text = isLive
    ? "Live: what is recorded appears at once"
    : state.kind === "lost"
      ? "Not connected"
      : "Connecting";
  return (
    <Tooltip text={text}>
      <span role="img" aria-label={text} className="mr-1 flex size-7 items-center justify-center">
        <span className={`size-2 rounded-full ${isLive ? "bg-good" : "animate-breathe bg-wait"}`} />
      </span>
    </Tooltip>
  );
}
