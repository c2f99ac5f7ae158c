/** What had been said and called by a moment. Pure. */

import type { Event, Message } from "@/api/run";
import { countUpTo } from "@/lib/playhead";

interface Told {
  readonly messages: readonly Message[];
  readonly events: readonly Event[];
}

/** Messages and calls by their times; the same lists while nothing is said, begins or ends. */
export class TranscriptInTime {
  readonly #messages: readonly Message[];
  readonly #events: readonly Event[];
  readonly #sent: readonly number[];
  readonly #begins: readonly number[];
  readonly #ends: readonly number[];
  #messagesThen: { readonly key: number; readonly list: readonly Message[] } | undefined;
  #eventsThen: { readonly key: string; readonly list: readonly Event[] } | undefined;

  constructor(messages: readonly Message[], events: readonly Event[]) {
    this.#messages = messages;
    this.#events = events;
    this.#sent = rising(messages.map((message) => Date.parse(message.sent_at)));
    this.#begins = rising(events.map((event) => Date.parse(event.started_at)));
    this.#ends = rising(events.map(endOf));
  }

  at(moment: number): Told {
    const key = countUpTo(this.#sent, moment);
    if (this.#messagesThen?.key !== key) {
      const list = this.#messages.filter((message) => Date.parse(message.sent_at) <= moment);
      this.#messagesThen = { key, list };
    }
    const eventsKey = `${countUpTo(this.#begins, moment)} ${countUpTo(this.#ends, moment)}`;
    if (this.#eventsThen?.key !== eventsKey) {
      const begun = this.#events.filter((event) => Date.parse(event.started_at) <= moment);
      this.#eventsThen = { key: eventsKey, list: begun.map((event) => eventAt(event, moment)) };
    }
    return { messages: this.#messagesThen.list, events: this.#eventsThen.list };
  }
}

function eventAt(event: Event, moment: number): Event {
  if (endOf(event) <= moment) return event;
  return { ...event, status: "running", ended_at: null, duration_ms: null };
}

function endOf(event: Event): number {
  return event.ended_at === null ? Infinity : Date.parse(event.ended_at);
}

function rising(times: readonly number[]): readonly number[] {
  return times.toSorted((a, b) => a - b);
}
