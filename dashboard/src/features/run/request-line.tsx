import { Check, Hourglass } from "lucide-react";
import type { RunDetail } from "@/api/run";
import { classNames } from "@/ui/class-names";
import { Ago } from "@/ui/clock";
import { requestWords } from "./control";

/** What a person asked of the agent last, who and why, and whether the agent knows. */
export function RequestLine({ run }: { readonly run: RunDetail }) {
  const words = requestWords(run);
  const { request } = run;
  if (words === null || request === null) return null;
  const isWaiting = words.isSeen === false;
  const Icon = isWaiting ? Hourglass : Check;
  return (
    <p
      role="status"
      className={classNames(
        "flex max-w-full min-w-0 items-start gap-1.5 self-start rounded-md px-2 py-1 text-sm",
        isWaiting ? "bg-wait-tint text-wait" : "bg-calm-tint text-calm",
      )}
    >
      <Icon aria-hidden size={14} className="mt-0.5 shrink-0" />
      <span className="min-w-0 break-words">
        <bdi className="font-semibold">{request.requested_by ?? "Somebody"}</bdi> {words.asked}{" "}
        <Ago at={request.requested_at} />
        {request.why !== null && (
          <>
            : <bdi className="whitespace-pre-wrap">{request.why}</bdi>
          </>
        )}
        {words.isSeen !== null && (
          <span className="font-medium">
            {words.isSeen ? " · The agent has seen it." : " · The agent has not seen it yet."}
          </span>
        )}
      </span>
    </p>
  );
}
