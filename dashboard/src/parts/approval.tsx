/** An approval, wherever it is shown: what is asked, the way to answer it, and what became of it. */

import { Check, TriangleAlert } from "lucide-react";
import { useState, type ReactNode } from "react";
import { asAnswered, closedBy, useAnswer } from "@/api/answer";
import type { Approval } from "@/api/approvals";
import { formatExactly, formatUntil } from "@/lib/format";
import { Button } from "@/ui/button";
import { classNames } from "@/ui/class-names";
import { Ago, useNow } from "@/ui/clock";
import { TextArea } from "@/ui/text-area";
import { useSay } from "@/ui/toast";
import { PersonName, usePersonName } from "./person-name";

interface ApprovalAnswerProps {
  readonly approval: Approval;
  /** Called when somebody begins to answer here, so that the approval stays where it is. */
  readonly onTouch?: () => void;
}

/** The options of an open approval as buttons, with room for a comment; of another one its outcome. */
export function ApprovalAnswer({ approval, onTouch }: ApprovalAnswerProps) {
  const [feedback, setFeedback] = useState("");
  const who = usePersonName();
  const say = useSay();
  const answer = useAnswer({
    onAnswered: ({ option }) => say(answeredWith(option)),
    onRefused: (error) => say(refusalOf(error), "bad"),
  });
  const choose = (option: string) => {
    onTouch?.();
    answer.mutate({ approval, option, feedback: feedback.trim() || null, who });
  };
  const refusal = answer.error && <Refusal>{refusalOf(answer.error)}</Refusal>;
  // What is read meanwhile does not know of the answer yet.
  const shown = answer.isPending ? asAnswered(answer.variables) : approval;
  if (shown.status !== "open") {
    return (
      <div className="flex flex-col gap-2">
        {refusal}
        <Outcome approval={shown} isSending={answer.isPending} />
      </div>
    );
  }
  return (
    <div role="group" aria-label={`Answer to ${approval.question}`} className="flex flex-col gap-2">
      {refusal}
      <TextArea
        label="Add a comment"
        text={feedback}
        onText={(text) => {
          onTouch?.();
          setFeedback(text);
        }}
      />
      <div className="flex flex-wrap items-center gap-2">
        {approval.options.map((option, place) => (
          <Button
            key={option}
            look={place === 0 ? "primary" : "plain"}
            onClick={() => choose(option)}
            className="h-auto min-h-8 max-w-full py-1 text-left break-words whitespace-normal"
          >
            <bdi className="min-w-0 break-words">{option}</bdi>
          </Button>
        ))}
        <span className="ml-auto flex min-w-0 items-center pl-2 max-sm:ml-0 max-sm:pl-0">
          <PersonName label="Answer as" />
        </span>
      </div>
    </div>
  );
}

function Refusal({ children }: { readonly children: ReactNode }) {
  return (
    <p
      role="alert"
      className="flex items-start gap-1.5 rounded-md bg-bad-tint px-2.5 py-1.5 text-sm text-bad"
    >
      <TriangleAlert aria-hidden size={14} className="mt-0.5 shrink-0" />
      <span className="min-w-0 break-words">{children}</span>
    </p>
  );
}

function answeredWith(option: string | null): ReactNode {
  return (
    <>
      Answered: <bdi className="font-medium">{option}</bdi>
    </>
  );
}

/** Say why an answer was not taken: mostly because somebody was quicker. */
function refusalOf(error: Error): ReactNode {
  const closed = closedBy(error);
  if (closed === null) return `The answer was not taken: ${error.message}`;
  if (closed.status !== "answered") return `The answer came too late: ${outcomeOf(closed)}`;
  return (
    <>
      The answer came too late: <bdi>{closed.answered_by ?? "somebody"}</bdi> had answered{" "}
      <bdi className="font-medium">{closed.option}</bdi>.
    </>
  );
}

function outcomeOf({ status, option }: Approval): string {
  if (status === "ended") return "The run ended before anybody answered.";
  return option === null ? "The agent went on without an answer." : `The agent went on with “${option}”.`;
}

function Outcome({ approval, isSending }: { readonly approval: Approval; readonly isSending: boolean }) {
  const { options, option, feedback, answered_at, answered_by, status } = approval;
  const shown = option === null || options.includes(option) ? options : [...options, option];
  return (
    <div className="flex flex-col gap-2">
      <ul aria-label="Options" className="flex flex-wrap gap-1.5">
        {shown.map((each, place) => (
          <Option
            key={each}
            isChosen={each === option}
            isFirst={place === 0}
            isByPerson={status === "answered"}
          >
            {each}
          </Option>
        ))}
      </ul>
      {feedback !== null && (
        <p className="border-l-2 border-line-strong pl-3 text-sm break-words whitespace-pre-wrap">
          <bdi>{feedback}</bdi>
        </p>
      )}
      <p className="text-xs text-soft">
        {isSending ? (
          "Sending the answer…"
        ) : status === "answered" ? (
          <>
            Answered by <bdi className="font-medium text-text">{answered_by ?? "somebody"}</bdi>{" "}
            <Ago at={answered_at} />
          </>
        ) : (
          outcomeOf(approval)
        )}
      </p>
    </div>
  );
}

interface OptionProps {
  readonly isChosen: boolean;
  readonly isFirst: boolean;
  readonly isByPerson: boolean;
  readonly children: string;
}

function Option({ isChosen, isFirst, isByPerson, children }: OptionProps) {
  return (
    <li
      className={classNames(
        "flex min-h-6 max-w-full items-center gap-1 rounded-full px-2.5 text-xs",
        !isChosen && "border border-line text-faint",
        isChosen && "pl-2 font-semibold",
        isChosen && (isFirst && isByPerson ? "bg-good-tint text-good" : "bg-calm-tint text-calm"),
      )}
    >
      {isChosen && <Check aria-hidden size={13} strokeWidth={2.5} className="shrink-0" />}
      {isChosen && <span className="sr-only">Chosen: </span>}
      <bdi className="min-w-0 break-words">{children}</bdi>
    </li>
  );
}

/** Until when the agent waits, as far as it said so. */
export function Expiry({ approval }: { readonly approval: Approval }) {
  const at = approval.status === "open" ? approval.expires_at : null;
  const now = useNow(at === null ? "never" : "second");
  if (at === null) return null;
  const until = formatUntil(at, now);
  return (
    <time dateTime={at} title={formatExactly(at)} className="figure text-wait">
      {until === null ? "expires any moment" : `expires ${until}`}
    </time>
  );
}
