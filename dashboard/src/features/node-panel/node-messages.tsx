import { useInfiniteQuery } from "@tanstack/react-query";
import { ArrowRight, MessageSquare } from "lucide-react";
import { readNodeMessages } from "@/api/node";
import type { Message } from "@/api/run";
import { Button } from "@/ui/button";
import { Moment } from "@/ui/clock";
import { Failure, Note, Waiting } from "@/ui/states";

const LONGEST = 4_000;

interface NodeMessagesProps {
  readonly runId: string;
  readonly nodeId: string;
}

/** What was said in this node. */
export function NodeMessages({ runId, nodeId }: NodeMessagesProps) {
  const query = useInfiniteQuery(readNodeMessages(runId, nodeId));
  const messages = query.data?.pages.flatMap((page) => page.messages);
  if (messages === undefined) {
    return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Waiting />;
  }
  if (messages.length === 0) {
    return (
      <Note icon={MessageSquare} title="No messages">
        Nothing was said in this node.
      </Note>
    );
  }
  return (
    <>
      <ol aria-label="Messages" className="flex flex-col">
        {messages.map((message) => (
          <li key={message.message_id} className="border-b border-line px-4 py-3 [content-visibility:auto]">
            <MessageText message={message} />
          </li>
        ))}
      </ol>
      {query.hasNextPage && (
        <div className="p-3 text-center">
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}

function MessageText({ message }: { readonly message: Message }) {
  const { content } = message;
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  const isCut = text.length > LONGEST;
  return (
    <>
      <p className="flex min-w-0 items-center gap-1.5 text-xs">
        <bdi className="truncate font-semibold">{message.sender ?? "unknown"}</bdi>
        {message.recipient && (
          <>
            <ArrowRight aria-label="to" size={12} className="shrink-0 text-faint" />
            <bdi className="truncate text-soft">{message.recipient}</bdi>
          </>
        )}
        <span className="ml-auto shrink-0 text-faint">
          <Moment at={message.sent_at} />
        </span>
      </p>
      <p className="mt-1 text-sm break-words whitespace-pre-wrap">
        <bdi>{isCut ? `${text.slice(0, LONGEST)}…` : text}</bdi>
      </p>
    </>
  );
}
