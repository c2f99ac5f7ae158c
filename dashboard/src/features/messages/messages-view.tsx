import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { MessagesSquare, Radio, UnfoldVertical, Wrench } from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { readEvents, readMessages } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatCount } from "@/lib/format";
import { readFlag, readText } from "@/lib/search-params";
import { isEnded } from "@/lib/vocabulary";
import { SearchField } from "@/ui/search-field";
import { useMoment } from "@/ui/playhead";
import { Failure, NoMatch, Note, Waiting } from "@/ui/states";
import { Toggle } from "@/ui/toggle";
import { transcriptOf, wordsOf } from "./transcript";
import { transcriptInTime } from "./transcript-in-time";
import { Transcript } from "./transcript-list";

const CALLS = { type: ["llm_call", "tool_call", "handoff", "retrieval", "code_exec"] } as const;
const NO_EVENTS: never[] = [];

/** What was said in the run, with the calls between. */
export default function MessagesView({ run }: RunViewProps) {
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const text = readText(search, "messages-q") ?? "";
  const showsCalls = readText(search, "messages-calls") !== "none";
  const opensCalls = readFlag(search, "messages-open") === true;
  const setSearch = (change: Record<string, unknown>) =>
    void navigate({
      to: ".",
      search: ((before: Record<string, unknown>) => ({ ...before, ...change })) as never,
      replace: true,
      resetScroll: false,
    });
  const isOver = isEnded(run.status);
  const [isFollowing, setFollowing] = useState(!isOver);

  const said = useInfiniteQuery(readMessages(run.run_id));
  const called = useInfiniteQuery({ ...readEvents(run.run_id, CALLS), enabled: showsCalls });
  const allMessages = useMemo(() => said.data?.pages.flatMap((page) => page.messages), [said.data]);
  const allEvents = useMemo(
    () => (showsCalls ? called.data?.pages.flatMap((page) => page.events) : NO_EVENTS),
    [called.data, showsCalls],
  );
  const moment = useMoment(run.started_at);
  const isPast = moment !== null;
  const inTime = useMemo(
    () => (isPast && allMessages && allEvents ? transcriptInTime(allMessages, allEvents) : undefined),
    [isPast, allMessages, allEvents],
  );
  const { messages, events } =
    moment !== null && inTime ? inTime(moment) : { messages: allMessages, events: allEvents };
  const hasMoreEvents = showsCalls && called.hasNextPage;
  const entries = useMemo(
    () =>
      messages && events
        ? transcriptOf({ messages, hasMoreMessages: said.hasNextPage, events, hasMoreEvents })
        : [],
    [messages, events, said.hasNextPage, hasMoreEvents],
  );
  const wanted = text.trim().toLowerCase();
  const shown = useMemo(
    () => (wanted ? entries.filter((entry) => wordsOf(entry).toLowerCase().includes(wanted)) : entries),
    [entries, wanted],
  );

  const readMore = () => {
    if (said.hasNextPage && !said.isFetchingNextPage) void said.fetchNextPage();
    if (hasMoreEvents && !called.isFetchingNextPage) void called.fetchNextPage();
  };
  // Before anything is shown as missing at a moment, what was said until then must have been read.
  const isMissing = moment !== null && entries.length === 0 && (said.hasNextPage || hasMoreEvents);
  const error = said.error ?? (showsCalls ? called.error : null);
  const isSearching = (wanted !== "" || isMissing) && error === null && (said.hasNextPage || hasMoreEvents);
  useEffect(() => {
    // What is looked for may stand in what was not read yet.
    if (isSearching) readMore();
  });
  if (error && (messages === undefined || events === undefined)) {
    const retry = () => {
      void said.refetch();
      void called.refetch();
    };
    return <Failure error={error} onRetry={retry} />;
  }
  if (messages === undefined || events === undefined) return <Waiting lines={8} />;
  const nMessages = messages.length;
  const count = `${formatCount(nMessages)}${said.hasNextPage ? "+" : ""} ${nMessages === 1 ? "message" : "messages"}`;
  return (
    <div data-view="messages" className="@container flex h-full min-h-0 flex-col bg-surface">
      <div className="flex min-h-11 shrink-0 flex-wrap items-center gap-2 border-b border-line px-3 py-1.5">
        <SearchField
          label="Search messages"
          text={text}
          onText={(next) => setSearch({ "messages-q": next || undefined })}
          className="w-60 @max-lg:w-auto @max-lg:flex-1"
        />
        <Toggle
          icon={Wrench}
          isOn={showsCalls}
          onToggle={(isOn) => setSearch({ "messages-calls": isOn ? undefined : "none" })}
        >
          Calls
        </Toggle>
        {showsCalls && (
          <Toggle
            icon={UnfoldVertical}
            isOn={opensCalls}
            onToggle={(isOn) => setSearch({ "messages-open": isOn || undefined })}
          >
            Contents
          </Toggle>
        )}
        <span className="ml-auto flex items-center gap-2">
          <span role="status" className="figure text-xs text-faint">
            {wanted ? `${formatCount(shown.length)} found in ${count}` : count}
          </span>
          {!isOver && moment === null && (
            <Toggle icon={Radio} isOn={isFollowing} onToggle={setFollowing}>
              Follow
            </Toggle>
          )}
        </span>
      </div>
      {shown.length > 0 ? (
        <Transcript
          // What was opened or closed one by one is so no longer.
          key={opensCalls ? "open" : "closed"}
          runId={run.run_id}
          entries={shown}
          openCalls={opensCalls ? "all" : nMessages === 0 ? "models" : "none"}
          hasMore={said.hasNextPage || hasMoreEvents}
          onMore={readMore}
          isFollowing={isFollowing && moment === null}
          onLeave={() => setFollowing(false)}
        />
      ) : isSearching ? (
        <Waiting lines={8} />
      ) : wanted ? (
        <NoMatch what="message" onClear={() => setSearch({ "messages-q": undefined })} />
      ) : moment !== null && !isMissing ? (
        <Note icon={MessagesSquare} title="Nobody had said anything by then">
          Messages appear as the playhead comes to them.
        </Note>
      ) : (
        <Note icon={MessagesSquare} title={isOver ? "Nobody said anything" : "Nobody has said anything yet"}>
          Messages between agents and people, and the calls of models and tools, are told here in their order.
        </Note>
      )}
    </div>
  );
}
