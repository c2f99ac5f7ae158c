import { Link } from "@tanstack/react-router";
import { useState } from "react";
import { urlOf } from "@/api/base";
import { useLiveState } from "@/api/live/live";
import { classNames } from "@/ui/class-names";
import { Snippet } from "@/ui/copy";

/** What is shown before anything is recorded: how to record, with the address of this very server. */
export function FirstRun() {
  const { state } = useLiveState();
  const isLive = state.kind === "live";
  const [way, setWay] = useState<Way>(WAYS[0]);
  return (
    <div className="h-full overflow-auto">
      <div className="mx-auto flex max-w-2xl flex-col gap-5 px-5 py-12 sm:py-20">
        <div>
          <h2 className="text-2xl font-semibold tracking-tight">Record your first run</h2>
          <p className="mt-2 text-base text-soft">
            Add two lines to an agent. Its runs appear here as they happen: what it plans, calls, says and
            costs.
          </p>
        </div>
        <div>
          <div role="tablist" aria-label="Ways to record" className="mb-2 flex gap-1">
            {WAYS.map((each) => (
              <button
                key={each.id}
                type="button"
                role="tab"
                id={`way-${each.id}`}
                aria-selected={each === way}
                aria-controls="way"
                onClick={() => setWay(each)}
                className={classNames(
                  "h-7 rounded-md px-2.5 text-sm",
                  each === way ? "bg-sunken font-medium text-text" : "text-soft hover:bg-hover",
                )}
              >
                {each.label}
              </button>
            ))}
          </div>
          <div role="tabpanel" id="way" aria-labelledby={`way-${way.id}`}>
            <Snippet code={way.code(urlOf("").replace(/\/$/, ""))} label={`How to record: ${way.label}`} />
          </div>
        </div>
        <p role="status" className="flex items-center gap-2.5 text-sm text-soft">
          <span
            className={classNames("size-2 rounded-full", isLive ? "animate-breathe bg-good" : "bg-wait")}
          />
          {isLive ? "Waiting for the first run…" : "Connecting to the server…"}
        </p>
        <p className="text-sm text-soft">
          Is there an old database?{" "}
          <Link to="/imports" className="text-accent underline">
            Take it in
          </Link>
          , with every row accounted for.
        </p>
      </div>
    </div>
  );
}

interface Way {
  readonly id: string;
  readonly label: string;
  readonly code: (url: string) => string;
}

const WAYS: readonly [Way, ...Way[]] = [
  {
    id: "python",
    label: "Python",
    code: (url) => `import runreel\nrunreel.init(agent="my_agent", url="${url}")`,
  },
  {
    id: "gati",
    label: "gati client",
    code: (url) => `from gati import observe\nobserve.init(name="my_agent", backend_url="${url}")`,
  },
  {
    id: "http",
    label: "HTTP",
    code: (url) =>
      `curl ${url}/api/records --json '{"version": 1, "records": [\n  {"record": "run", "run_id": "first", "agent_name": "my_agent", "phase": "whole"}]}'`,
  },
];
