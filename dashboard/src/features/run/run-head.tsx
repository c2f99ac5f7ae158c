import { useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import {
  Check,
  ChevronLeft,
  ChevronRight,
  CircleAlert,
  Copy,
  EllipsisVertical,
  History,
  Pencil,
  Trash2,
  TriangleAlert,
} from "lucide-react";
import { useRef, useState, type ReactNode } from "react";
import { agentKeys } from "@/api/agents";
import { deleteRun, readSpans, type RunDetail } from "@/api/run";
import { runKeys } from "@/api/runs";
import { branchOf } from "@/lib/branch";
import { completenessWords, type Completeness, type CompletenessWords } from "@/lib/completeness";
import { errorTextOf } from "@/lib/error-text";
import { firstError } from "@/lib/first-error";
import { formatCost, formatCount, formatNumberOf, formatShort } from "@/lib/format";
import { isEnded, statusWord } from "@/lib/vocabulary";
import { BranchText } from "@/parts/branch-text";
import { EditName } from "@/parts/edit-name";
import { IconButton } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Elapsed, Moment } from "@/ui/clock";
import { Confirm, Dialog } from "@/ui/dialog";
import { later } from "@/ui/later";
import { Menu, MenuItem } from "@/ui/menu";
import { useSelection } from "@/ui/selection";
import { useShortcut } from "@/ui/shortcuts";
import { StatusBadge } from "@/ui/status";
import { useSay } from "@/ui/toast";
import { RequestLine } from "./request-line";
import { RunControl } from "./run-control";

type RunName = NonNullable<RunDetail["parent_run"]>;

/** Who a run is, how it does, and what it cost; and the ways to the runs around it. */
export function RunHead({ run }: { readonly run: RunDetail }) {
  const jump = useJumpToError(run);
  const error = errorTextOf(run.error);
  // A view that has errors in sight goes through them by the same key.
  useShortcut({ keys: "e", label: "Show the first error", group: "Run" }, jump, run.error_count > 0);
  return (
    <div className="flex min-w-0 flex-1 flex-col gap-1.5">
      <div className="flex min-h-8 min-w-0 flex-wrap items-center gap-x-3 gap-y-1.5">
        <Names run={run} />
        <span className="flex items-center gap-3 max-sm:order-2">
          <StatusBadge status={run.status} />
          <span className="text-sm font-medium">
            <Elapsed
              ms={run.total_duration_ms}
              since={run.started_at}
              isLive={!isEnded(run.status) && run.status !== "draft"}
            />
          </span>
          {run.progress !== null && !isEnded(run.status) && <Progress progress={run.progress} />}
        </span>
        <Tools run={run} />
      </div>
      {run.task && (
        <p title={run.task} className="max-w-4xl truncate text-sm text-soft">
          <span className="sr-only">Task: </span>
          <bdi>{run.task}</bdi>
        </p>
      )}
      <OfBranch run={run} />
      <Figures run={run} onError={jump} />
      <RequestLine run={run} />
      <Gaps run={run} />
      {error !== null && (
        <button
          type="button"
          onClick={jump}
          disabled={run.error_count === 0}
          title={error.message}
          className="flex max-w-full min-w-0 items-center gap-1.5 self-start rounded-md bg-bad-tint px-2 py-1 text-left text-sm text-bad enabled:hover:underline"
        >
          <CircleAlert aria-hidden size={14} className="shrink-0" />
          <bdi className="truncate">
            {error.type && <span className="font-semibold">{error.type}: </span>}
            {error.message}
          </bdi>
        </button>
      )}
    </div>
  );
}

/** How far the run is with its plan. */
function Progress({ progress }: { readonly progress: NonNullable<RunDetail["progress"]> }) {
  return (
    <span title={progress.name} className="text-sm whitespace-nowrap text-soft">
      <span className="sr-only">At </span>
      {progress.text}
    </span>
  );
}

/** What the run tries, where it is a branch. */
function OfBranch({ run }: { readonly run: RunDetail }) {
  const branch = branchOf(run.metadata);
  if (branch === null) return null;
  const parent = run.parent_run;
  return (
    <BranchText
      branch={branch}
      from={
        (branch.fromNode !== null || parent) && (
          <span className="inline-flex min-w-0 items-center gap-1">
            from
            {branch.fromNode !== null &&
              (parent ? (
                <Link
                  to="/runs/$runId/$view"
                  params={{ runId: parent.run_id, view: "graph" }}
                  search={{ node: branch.fromNode } as never}
                  className="name-text max-w-48 text-accent hover:underline"
                >
                  {branch.fromNode}
                </Link>
              ) : (
                <bdi className="font-medium">{branch.fromNode}</bdi>
              ))}
            {branch.fromNode !== null && parent && "of"}
            {parent && (
              <Link
                to="/runs/$runId"
                params={{ runId: parent.run_id }}
                search={{}}
                className="name-text max-w-60 text-accent hover:underline"
              >
                {parent.run_name ?? "new run"}
              </Link>
            )}
          </span>
        )
      }
    />
  );
}

function Names({ run }: { readonly run: RunDetail }) {
  const [isEditing, setEditing] = useState(false);
  const name = run.run_name;
  const pencil = useRef<HTMLButtonElement>(null);
  useShortcut({ keys: "F2", label: "Rename the run", group: "Run" }, () => setEditing(true), name !== null);
  const close = () => {
    setEditing(false);
    // The field is gone, and with it the focus.
    requestAnimationFrame(() => pencil.current?.focus());
  };
  return (
    <nav
      aria-label="Breadcrumb"
      className={classNames(
        "flex min-w-0 items-center gap-1.5 max-sm:flex-1 max-sm:basis-[60%]",
        isEditing && "flex-1",
      )}
    >
      <Link
        to="/agents/$agentName"
        params={{ agentName: run.agent_name }}
        className="name-text max-w-56 text-sm text-soft hover:text-text hover:underline max-sm:max-w-24 max-sm:shrink-0"
      >
        {run.agent_name}
      </Link>
      <ChevronRight aria-hidden size={14} className="shrink-0 text-faint" />
      {isEditing && name !== null ? (
        <h1 className="flex min-w-0 flex-1">
          <EditName runId={run.run_id} name={name} onClose={close} makesRoom className="max-w-xl" />
        </h1>
      ) : (
        <>
          <h1
            title={name ?? undefined}
            className={classNames(
              "name-text max-w-[36rem] text-lg font-semibold tracking-tight max-sm:line-clamp-2 max-sm:text-base max-sm:break-words max-sm:whitespace-pre-wrap",
              name === null && "text-soft italic",
            )}
          >
            {name ?? "new run"}
          </h1>
          {name !== null && (
            <IconButton
              ref={pencil}
              icon={Pencil}
              label="Rename"
              keys="F2"
              onClick={() => setEditing(true)}
            />
          )}
        </>
      )}
    </nav>
  );
}

function Tools({ run }: { readonly run: RunDetail }) {
  const [isAsking, setAsking] = useState(false);
  const [isHistoryOpen, setHistoryOpen] = useState(false);
  useShortcut({ keys: "h", label: "State history", group: "Run" }, () => setHistoryOpen(true));
  const say = useSay();
  const client = useQueryClient();
  const navigate = useNavigate();
  const copyId = async () => {
    try {
      await navigator.clipboard.writeText(run.run_id);
      say("The run's id is copied");
    } catch {
      say("The browser does not allow to copy", "bad");
    }
  };
  const remove = async () => {
    await deleteRun(run.run_id);
    await navigate({ to: "/agents/$agentName", params: { agentName: run.agent_name } });
    void client.invalidateQueries({ queryKey: runKeys.all });
    void client.invalidateQueries({ queryKey: agentKeys.all });
    say(
      <>
        <bdi className="font-medium">{run.run_name ?? "The run"}</bdi> is deleted
      </>,
    );
  };
  return (
    <span className="ml-auto flex items-center">
      <RunControl run={run} />
      <Neighbour run={run.previous_run} icon="previous" />
      <Neighbour run={run.next_run} icon="next" />
      <Menu trigger={<IconButton icon={EllipsisVertical} label="More of this run" />}>
        <MenuItem icon={Copy} onSelect={() => void copyId()}>
          Copy id
        </MenuItem>
        <MenuItem icon={History} onSelect={() => setHistoryOpen(true)}>
          State history
        </MenuItem>
        <MenuItem icon={Trash2} isDangerous onSelect={() => setAsking(true)}>
          Delete…
        </MenuItem>
      </Menu>
      <Dialog isOpen={isHistoryOpen} onOpenChange={setHistoryOpen} title="State history" width="max-w-lg">
        <RunHistory.Component run={run} />
      </Dialog>
      <Confirm
        isOpen={isAsking}
        onOpenChange={setAsking}
        title="Delete this run?"
        action="Delete the run"
        onConfirm={remove}
      >
        <p className="mb-2 text-text">
          <bdi className="font-medium break-words">{run.run_name ?? "new run"}</bdi>, with{" "}
          {formatNumberOf(run.event_count, "event")}
        </p>
        All that was recorded of it is deleted for ever. What is recorded later of it is refused.
      </Confirm>
    </span>
  );
}

function Neighbour({ run, icon }: { readonly run: RunName | null; readonly icon: "previous" | "next" }) {
  const navigate = useNavigate();
  const label = icon === "previous" ? "Previous run of the agent" : "Next run of the agent";
  const keys = icon === "previous" ? "[" : "]";
  const open = () => {
    if (run !== null) void navigate({ to: "/runs/$runId", params: { runId: run.run_id }, search: {} });
  };
  useShortcut({ keys, label, group: "Run" }, open, run !== null);
  return (
    <IconButton
      icon={icon === "previous" ? ChevronLeft : ChevronRight}
      label={run === null ? `${label}: none` : `${label}: ${run.run_name ?? "new run"}`}
      keys={keys}
      disabled={run === null}
      onClick={open}
    />
  );
}

/** What is missing of the run, where something is. */
function Gaps({ run }: { readonly run: RunDetail }) {
  const told = completenessOf(run);
  const gaps = [
    run.status === "lost" && statusWord(run.status).meaning,
    told && !told.isWhole && `${told.words}: ${told.meaning}`,
  ].filter((gap) => gap !== false && gap !== null);
  if (gaps.length === 0) return null;
  return (
    <p className="flex max-w-full items-start gap-1.5 self-start rounded-md bg-wait-tint px-2 py-1 text-sm text-wait">
      <TriangleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
      {gaps.join(" ")}
    </p>
  );
}

function completenessOf(run: RunDetail): CompletenessWords | null {
  const { completeness } = run as { readonly completeness?: Completeness | null };
  return completenessWords(completeness, isEnded(run.status));
}

function Figures({ run, onError }: { readonly run: RunDetail; readonly onError: () => void }) {
  const told = completenessOf(run);
  const tokens = [
    `${formatCount(run.tokens_in)} in, ${formatCount(run.tokens_out)} out`,
    run.tokens_cached > 0 && `${formatCount(run.tokens_cached)} from cache`,
    run.tokens_reasoning > 0 && `${formatCount(run.tokens_reasoning)} reasoning`,
  ];
  return (
    <dl
      // On narrow screens it scrolls, so the keyboard must get there.
      // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
      tabIndex={0}
      className="flex min-w-0 items-center gap-x-4 gap-y-1 overflow-x-auto text-xs text-soft sm:flex-wrap"
    >
      <Figure name="Started">
        <Moment at={run.started_at} />
      </Figure>
      {run.ended_at !== null && (
        <Figure name="Ended">
          <Moment at={run.ended_at} />
        </Figure>
      )}
      <Figure name="Events">{formatCount(run.event_count)}</Figure>
      {run.error_count > 0 && (
        <Figure name="Errors" isHidden>
          <button type="button" onClick={onError} className="font-medium text-bad hover:underline">
            {formatNumberOf(run.error_count, "error")}
          </button>
        </Figure>
      )}
      {run.tokens_in + run.tokens_out > 0 && (
        <Figure name="Tokens" title={tokens.filter(Boolean).join(", ")}>
          {formatShort(run.tokens_in)} in, {formatShort(run.tokens_out)} out
        </Figure>
      )}
      {(run.total_cost > 0 || run.unpriced_count > 0) && (
        <Figure name="Cost">
          {formatCost(run.total_cost)}
          {run.unpriced_count > 0 && (
            <span className="text-wait" title="Their models have no price, so the cost leaves them out">
              {" "}
              + {formatNumberOf(run.unpriced_count, "unpriced call")}
            </span>
          )}
        </Figure>
      )}
      {told?.isWhole && (
        <Figure name="Completeness" isHidden title={told.meaning}>
          <span className="flex items-center gap-1 text-soft">
            <Check aria-hidden size={12} />
            {told.words}
          </span>
        </Figure>
      )}
      {run.parent_run && branchOf(run.metadata) === null && (
        <Figure name="Part of">
          <Link
            to="/runs/$runId"
            params={{ runId: run.parent_run.run_id }}
            className="name-text block max-w-60 text-accent hover:underline"
          >
            {run.parent_run.run_name ?? "new run"}
          </Link>
        </Figure>
      )}
      {run.child_count > 0 && (
        <Figure name="Children" isHidden>
          <Children run={run} />
        </Figure>
      )}
      {run.session_id !== "default" && (
        <Figure name="Session">
          <Link
            to="/sessions/$sessionId"
            params={{ sessionId: run.session_id }}
            className="name-text block max-w-48 text-accent hover:underline"
          >
            {run.session_id}
          </Link>
        </Figure>
      )}
      {run.environment && <Figure name="Environment">{run.environment}</Figure>}
      {run.tags.length > 0 && (
        <Figure name="Tags" isHidden>
          <span className="flex gap-1">
            {run.tags.map((tag) => (
              <Link
                key={tag}
                to="/runs"
                search={{ tag } as never}
                className="name-text max-w-40 rounded-sm bg-sunken px-1.5 text-soft hover:text-text"
              >
                {tag}
              </Link>
            ))}
          </span>
        </Figure>
      )}
    </dl>
  );
}

function Children({ run }: { readonly run: RunDetail }) {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button type="button" onClick={() => setOpen(true)} className="text-accent hover:underline">
        {formatNumberOf(run.child_count, "child run")}
      </button>
      <Dialog isOpen={isOpen} onOpenChange={setOpen} title="Runs that it began" width="max-w-2xl">
        <ChildRuns.Component run={run} />
      </Dialog>
    </>
  );
}

interface FigureProps {
  readonly name: string;
  readonly title?: string;
  /** Whether the value says by itself what it is. */
  readonly isHidden?: boolean;
  readonly children: ReactNode;
}

function Figure({ name, title, isHidden = false, children }: FigureProps) {
  return (
    <div className="flex shrink-0 items-baseline gap-1.5" title={title}>
      <dt className={isHidden ? "sr-only" : "text-faint"}>{name}</dt>
      <dd className="figure">{children}</dd>
    </div>
  );
}

const RunHistory = later(() => import("./run-history"));
const ChildRuns = later(() => import("./child-runs"));
const LOOKED_AT = 500;

/** Select the first failed event below which nothing failed: where the trouble began. */
function useJumpToError(run: RunDetail): () => void {
  const client = useQueryClient();
  const { select } = useSelection();
  const say = useSay();
  return () => {
    const first = { errors: true, from_order: 0, limit: LOOKED_AT, max_rows: LOOKED_AT };
    client
      .fetchQuery(readSpans(run.run_id, first))
      .then((page) => {
        const eventId = firstError(page.rows);
        if (eventId !== undefined) select({ event: eventId });
      })
      .catch((error: unknown) => say(error instanceof Error ? error.message : String(error), "bad"));
  };
}
