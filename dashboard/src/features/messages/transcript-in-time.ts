/** What had been said and called by a moment. Pure. */

import type { Event, Message } from "@/api/run";
import { ItemsInTime } from "@/lib/playhead";

interface Told {
  readonly messages: readonly Message[];
  readonly events: readonly Event[];
}

/** Return what tells of messages and calls by time; the same lists while nothing is said, begins or ends. */
export function transcriptInTime(
  messages: readonly Message[],
  events: readonly Event[],
): (moment: number) => Told {
  const said = new ItemsInTime(messages, {
    begin: (message) => Date.parse(message.sent_at),
    end: (message) => Date.parse(message.sent_at),
    whileOpen: (message) => message,
  });
  const called = new ItemsInTime(events, {
    begin: (event) => Date.parse(event.started_at),
    end: (event) => (event.ended_at === null ? Infinity : Date.parse(event.ended_at)),
    whileOpen: (event): Event => ({ ...event, status: "running", ended_at: null, duration_ms: null }),
  });
  return (moment) => ({ messages: said.at(moment), events: called.at(moment) });
}
