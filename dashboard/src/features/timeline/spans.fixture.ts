/** Spans for tests: `span("a", 0, 10)` goes on from 0 to 10 ms, `null` means until now. */

import type { Span } from "./span";

export function span(id: string, start: number, end: number | null, more: Partial<Span> = {}): Span {
  return {
    id,
    parentId: null,
    type: "tool_call",
    name: id,
    status: end === null ? "running" : "completed",
    start,
    end,
    firstToken: null,
    model: null,
    tokens: null,
    cost: null,
    ...more,
  };
}
