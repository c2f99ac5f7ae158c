import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { UserCheck } from "lucide-react";
import { useCallback, useMemo, useRef, useState, type ReactNode } from "react";
import { readApproval, readApprovals, type Approval } from "@/api/approvals";
import { formatNumberOf } from "@/lib/format";
import { Button } from "@/ui/button";
import { Page } from "@/ui/page";
import { useShortcut } from "@/ui/shortcuts";
import { Failure, Note, Waiting } from "@/ui/states";
import { ApprovalCard } from "./approval-card";
import { idOf, newestFirst, without } from "./approval-list";

/** What agents ask people: what waits for an answer, and what was answered. */
export default function ApprovalsPage() {
  const open = useInfiniteQuery(readApprovals("open"));
  const all = useInfiniteQuery(readApprovals("all"));
  const [pane, setPane] = useState<HTMLDivElement | null>(null);
  const { touched, touch } = useTouched();
  useWalk(pane);
  const waiting = useMemo(
    () => open.data?.pages.flatMap((page) => page.approvals).filter(({ status }) => status === "open"),
    [open.data],
  );
  const former = useMemo(
    () => all.data?.pages.flatMap((page) => page.approvals).filter(({ status }) => status !== "open"),
    [all.data],
  );
  if (waiting === undefined || former === undefined) {
    const failed = [open, all].find((query) => query.error);
    return (
      <Page title="Approvals">
        {failed ? (
          <Failure error={failed.error} onRetry={() => void failed.refetch()} />
        ) : (
          <Waiting lines={8} />
        )}
      </Page>
    );
  }
  const kept = [...touched.values()];
  const above = newestFirst([...without(waiting, kept), ...kept]);
  const below = without(former, kept);
  const nOpen = open.data?.pages[0]?.open_count ?? 0;
  return (
    <Page
      title="Approvals"
      tools={<span className="figure text-xs text-faint">{formatNumberOf(nOpen, "open approval")}</span>}
    >
      <div ref={setPane} className="h-full overflow-auto">
        {above.length + below.length === 0 ? (
          <Note icon={UserCheck} title="No approvals yet">
            An agent that calls <code>runreel.approval(…)</code> waits for a person: its question stands here,
            and on the page of its run, until somebody answers it.
          </Note>
        ) : (
          <div className="mx-auto flex max-w-3xl flex-col gap-8 px-4 py-5 pb-12 sm:px-5">
            <List
              title={above.length > 0 ? "Waiting for an answer" : "Nothing waits for an answer"}
              query={open}
            >
              {above.map((approval) => (
                <li key={idOf(approval)}>
                  <Waits
                    approval={approval}
                    isTouched={touched.has(idOf(approval))}
                    scroller={pane}
                    touch={touch}
                  />
                </li>
              ))}
            </List>
            {(below.length > 0 || all.hasNextPage) && (
              <List title="Answered and past" query={all}>
                {below.map((approval) => (
                  <li key={idOf(approval)}>
                    <ApprovalCard approval={approval} scroller={pane} />
                  </li>
                ))}
              </List>
            )}
          </div>
        )}
      </div>
    </Page>
  );
}

interface ListProps {
  readonly title: string;
  readonly query: {
    readonly hasNextPage: boolean;
    readonly isFetchingNextPage: boolean;
    readonly fetchNextPage: () => unknown;
  };
  readonly children: ReactNode;
}

function List({ title, query, children }: ListProps) {
  return (
    <section aria-label={title} className="flex flex-col gap-3">
      <h2 className="text-sm font-semibold text-soft">{title}</h2>
      <ul className="flex flex-col gap-3">{children}</ul>
      {query.hasNextPage && (
        <Button
          onClick={() => void query.fetchNextPage()}
          disabled={query.isFetchingNextPage}
          className="self-center"
        >
          Show more
        </Button>
      )}
    </section>
  );
}

interface WaitsProps {
  readonly approval: Approval;
  readonly isTouched: boolean;
  readonly scroller: HTMLElement | null;
  readonly touch: (approval: Approval) => void;
}

/** An approval that is open, or that somebody began to answer here: that one stays, and tells what became of it. */
function Waits({ approval, isTouched, scroller, touch }: WaitsProps) {
  const { data } = useQuery({ ...readApproval(approval.run_id, approval.event_id), enabled: isTouched });
  const shown = (isTouched ? data : undefined) ?? approval;
  return <ApprovalCard approval={shown} scroller={scroller} onTouch={() => touch(shown)} />;
}

function useTouched() {
  const [touched, setTouched] = useState<ReadonlyMap<string, Approval>>(new Map());
  const touch = useCallback(
    (approval: Approval) =>
      setTouched((before) =>
        before.has(idOf(approval)) ? before : new Map(before).set(idOf(approval), approval),
      ),
    [],
  );
  return { touched, touch };
}

/** Keys that lead from one approval to the next. */
function useWalk(pane: HTMLElement | null): void {
  const at = useRef(-1);
  const go = (step: number) => {
    const cards = [...(pane?.querySelectorAll<HTMLElement>("article") ?? [])];
    const current = cards.findIndex((card) => card.contains(document.activeElement));
    at.current = Math.max(0, Math.min(cards.length - 1, (current === -1 ? at.current : current) + step));
    cards[at.current]?.focus();
    cards[at.current]?.scrollIntoView({ block: "nearest" });
  };
  useShortcut({ keys: "j", label: "Next approval", group: "Approvals" }, () => go(1));
  useShortcut({ keys: "k", label: "Approval before", group: "Approvals" }, () => go(-1));
}
