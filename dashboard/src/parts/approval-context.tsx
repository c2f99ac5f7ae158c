import type { Approval } from "@/api/approvals";
import { asObject } from "@/lib/json-object";
import { JsonTree } from "@/ui/json-tree";

interface ApprovalContextProps {
  readonly approval: Approval;
  /** The pane that scrolls. */
  readonly scroller: HTMLElement | null;
}

const MOST_FACTS = 8;
const SHORT = 200;

/** What helps to decide: a text as a text, a few facts as a list, all else as a tree. */
export function ApprovalContext({ approval, scroller }: ApprovalContextProps) {
  const { context } = approval;
  if (context === null || context === undefined || context === "") return null;
  if (typeof context === "string") {
    return (
      <p className="text-sm break-words whitespace-pre-wrap">
        <bdi>{context}</bdi>
      </p>
    );
  }
  const facts = factsOf(context);
  if (facts === null) return <JsonTree name="context" label="Context" value={context} scroller={scroller} />;
  return (
    <dl aria-label="Context" className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 text-sm">
      {facts.map(([name, value]) => (
        <div key={name} className="contents">
          <dt className="max-w-40 truncate text-faint">
            <bdi>{name}</bdi>
          </dt>
          <dd className="min-w-0 break-words whitespace-pre-wrap">
            <bdi>{String(value)}</bdi>
          </dd>
        </div>
      ))}
    </dl>
  );
}

function factsOf(context: unknown): readonly (readonly [string, unknown])[] | null {
  const facts = Object.entries(asObject(context));
  const isFact = (value: unknown) =>
    typeof value === "string"
      ? value.length <= SHORT
      : typeof value === "number" || typeof value === "boolean";
  return facts.length > 0 && facts.length <= MOST_FACTS && facts.every(([, value]) => isFact(value))
    ? facts
    : null;
}
