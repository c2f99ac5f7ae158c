import { useQuery } from "@tanstack/react-query";
import type { NodeSummary } from "@/api/node";
import { readRunApprovals } from "@/api/approvals";
import { ApprovalAnswer, Expiry } from "@/parts/approval";
import { useSelection } from "@/ui/selection";
import { Section } from "./section";

/** What the node asks people, and asked them, latest first. */
export function NodeApprovals({ node }: { readonly node: NodeSummary }) {
  const { data } = useQuery(readRunApprovals(node.run_id));
  const { select } = useSelection();
  const own = data?.filter(({ node_id }) => node_id === node.node_id).toReversed() ?? [];
  if (own.length === 0) return null;
  return (
    <Section title="Approvals">
      <ul className="flex flex-col gap-2">
        {own.map((approval) => (
          <li
            key={approval.event_id}
            className="flex flex-col gap-2 rounded-lg border border-line bg-page p-3"
          >
            <div className="flex min-w-0 items-start gap-3">
              <button
                type="button"
                onClick={() => select({ node: node.node_id, event: approval.event_id })}
                className="min-w-0 flex-1 text-left text-sm font-semibold break-words hover:underline"
              >
                <bdi>{approval.question}</bdi>
              </button>
              <span className="shrink-0 text-xs">
                <Expiry approval={approval} />
              </span>
            </div>
            <ApprovalAnswer approval={approval} />
          </li>
        ))}
      </ul>
    </Section>
  );
}
