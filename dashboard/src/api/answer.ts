/** Answering an approval: shown at once, and taken back where somebody was quicker, or the server refuses. */

import { useMutation, useQueryClient, type InfiniteData, type QueryClient } from "@tanstack/react-query";
import { approvalKeys, type Approval } from "./approvals";
import { api } from "./client";
import { dataOf, ProblemError } from "./problem";

export interface Answering {
  readonly approval: Approval;
  readonly option: string;
  readonly feedback: string | null;
  readonly who: string | null;
}

interface Told {
  readonly onAnswered: (approval: Approval) => void;
  readonly onRefused: (error: Error) => void;
}

/** Return what answers an approval; it tells what became of it also when what asked for it is gone. */
export function useAnswer({ onAnswered, onRefused }: Told) {
  const client = useQueryClient();
  return useMutation({
    mutationFn: answer,
    onMutate: async (answering: Answering) => {
      await client.cancelQueries({ queryKey: approvalKeys.all });
      show(client, asAnswered(answering));
    },
    onError: (error, { approval }) => {
      show(client, closedBy(error) ?? approval);
      onRefused(error);
    },
    onSuccess: (approval) => {
      show(client, approval);
      onAnswered(approval);
    },
    onSettled: () => client.invalidateQueries({ queryKey: approvalKeys.all }),
  });
}

async function answer({ approval, option, feedback, who }: Answering): Promise<Approval> {
  return dataOf(
    await api().POST("/api/by-id/{run_id}/approvals/{event_id}/answer", {
      params: { path: { run_id: approval.run_id, event_id: approval.event_id } },
      body: { option, feedback, who },
    }),
  );
}

/** Return an approval as it will be when the server has taken its answer. */
export function asAnswered({ approval, option, feedback, who }: Answering): Approval {
  const now = new Date().toISOString();
  return { ...approval, status: "answered", option, feedback, answered_at: now, answered_by: who };
}

/** Return what became of the approval before one's own answer came, where that is why it was refused. */
export function closedBy(error: unknown): Approval | null {
  return error instanceof ProblemError && error.status === 409
    ? ((error.document["approval"] as Approval | undefined) ?? null)
    : null;
}

function show(client: QueryClient, approval: Approval): void {
  // It may be just being read.
  client.setQueryData(approvalKeys.one(approval.run_id, approval.event_id), approval);
  for (const [key, data] of client.getQueriesData({ queryKey: approvalKeys.all })) {
    if (data !== undefined) client.setQueryData(key, withApproval(key, data, approval));
  }
}

interface ApprovalPage {
  readonly approvals: readonly Approval[];
}

/** Return what was read by a key, with an approval as it is now. */
export function withApproval(key: readonly unknown[], data: unknown, approval: Approval): unknown {
  const isIt = (each: Approval) => each.event_id === approval.event_id && each.run_id === approval.run_id;
  const replaced = (all: readonly Approval[]) => all.map((each) => (isIt(each) ? approval : each));
  switch (key[1]) {
    case "one":
      return isIt(data as Approval) ? approval : data;
    case "run":
      return replaced(data as readonly Approval[]);
    case "list": {
      const { pages, ...rest } = data as InfiniteData<ApprovalPage>;
      const withReplaced = (page: ApprovalPage) => ({ ...page, approvals: replaced(page.approvals) });
      return { ...rest, pages: pages.map(withReplaced) };
    }
    default:
      return data;
  }
}
