import { describe, expect, it } from "vitest";
import type { Event, Message } from "@/api/run";
import { asText, messageEntries, partsOf, transcriptOf, wordsOf, type MessageEntry } from "./transcript";

function makeMessage(message_id: string, content: unknown, change: Partial<Message> = {}): Message {
  return {
    message_id,
    sent_at: "2026-01-01T00:00:00.000000Z",
    sender: "writer",
    recipient: null,
    content,
    node_id: null,
    event_id: null,
    tokens: null,
    metadata: {},
    ...change,
  };
}

function makeEvent(event_id: string, started_at: string): Event {
  return { event_id, started_at, event_type: "tool_call", name: event_id } as Event;
}

const at = (second: number) => `2026-01-01T00:00:0${second}.000000Z`;
const keysOf = (entries: readonly { key: string }[]) => entries.map(({ key }) => key);

describe("contents", () => {
  it("are texts, parts of chats, or the JSON they are", () => {
    expect(partsOf("hi")).toEqual([{ kind: "text", text: "hi" }]);
    expect(partsOf(null)).toEqual([]);
    expect(partsOf(7)).toEqual([{ kind: "text", text: "7" }]);
    expect(partsOf({ a: 1 })).toEqual([{ kind: "json", value: { a: 1 } }]);
    expect(partsOf([1, { type: "text", text: "x" }])).toEqual([
      { kind: "json", value: [1, { type: "text", text: "x" }] },
    ]);
    expect(partsOf([{ type: "thinking", thinking: "hm" }, "so"])).toEqual([
      { kind: "thinking", text: "hm" },
      { kind: "text", text: "so" },
    ]);
  });

  it("show pictures that are in them, and fetch none", () => {
    const inside = "data:image/png;base64,AAAA";
    expect(partsOf([{ type: "image_url", image_url: { url: inside } }])).toEqual([
      { kind: "image", source: inside },
    ]);
    expect(partsOf([{ type: "image_url", image_url: { url: "https://x.test/a.png" } }])[0]?.kind).toBe(
      "json",
    );
    expect(partsOf([{ type: "image", source: { media_type: "image/svg+xml", data: "AA" } }])[0]?.kind).toBe(
      "json",
    );
  });
});

describe("tool calls", () => {
  const openAi = [
    makeMessage("1", {
      role: "assistant",
      content: "Let me see.",
      tool_calls: [{ id: "c", function: { name: "find", arguments: '{"q": 1}' } }],
    }),
    makeMessage("2", { role: "tool", tool_call_id: "c", content: '{"found": true}' }),
  ];
  const anthropic = [
    makeMessage("1", [{ type: "tool_use", id: "c", name: "find", input: { q: 1 } }]),
    makeMessage("2", [
      { type: "tool_result", tool_use_id: "c", content: [{ type: "text", text: '{"found": true}' }] },
    ]),
  ];

  it.each([
    ["OpenAI", openAi],
    ["Anthropic", anthropic],
  ])("stand with their results, as %s tells them", (_, messages) => {
    const entries = messageEntries(messages);
    expect(keysOf(entries)).toEqual(["m:1"]);
    expect(entries[0]?.answeredBy).toEqual(["2"]);
    expect(entries[0]?.parts.at(-1)).toMatchObject({
      kind: "call",
      name: "find",
      input: { q: 1 },
      result: { output: { found: true } },
    });
  });

  it("without a result say so, and results without a call stay", () => {
    const entries = messageEntries([
      ...openAi.slice(0, 1),
      ...anthropic.slice(1),
      makeMessage("3", openAi[1]?.content),
    ]);
    expect(keysOf(entries)).toEqual(["m:1"]);
    const alone = messageEntries(anthropic.slice(1));
    expect(alone[0]).toMatchObject({ role: "tool", answeredBy: [] });
    expect(messageEntries(openAi.slice(0, 1))[0]?.parts.at(-1)).toMatchObject({ result: null });
  });
});

describe("roles", () => {
  const roleOf = (message: Message) => (messageEntries([message])[0] as MessageEntry).role;

  it("are said by the message, its metadata, or its sender", () => {
    expect(roleOf(makeMessage("1", { role: "system", content: "x" }))).toBe("system");
    expect(roleOf(makeMessage("1", "x", { metadata: { role: "developer" } }))).toBe("system");
    expect(roleOf(makeMessage("1", "x", { sender: "User" }))).toBe("user");
    expect(roleOf(makeMessage("1", "x", { sender: null }))).toBe("assistant");
  });
});

describe("a transcript", () => {
  it("tells messages and calls by time, and no call twice", () => {
    const entries = transcriptOf({
      messages: [
        makeMessage("1", "a", { sent_at: at(1), event_id: "told" }),
        makeMessage("2", "b", { sent_at: at(3) }),
      ],
      hasMoreMessages: false,
      events: [makeEvent("told", at(1)), makeEvent("call", at(2))],
      hasMoreEvents: false,
    });
    expect(keysOf(entries)).toEqual(["m:1", "e:call", "m:2"]);
    expect(entries.map(wordsOf)[1]).toContain("call");
  });

  it("ends where it is not known what comes between", () => {
    const entries = transcriptOf({
      messages: [makeMessage("1", "a", { sent_at: at(1) }), makeMessage("2", "b", { sent_at: at(5) })],
      hasMoreMessages: false,
      events: [makeEvent("call", at(2))],
      hasMoreEvents: true,
    });
    expect(keysOf(entries)).toEqual(["m:1", "e:call"]);
  });
});

it("writes any JSON as text", () => {
  expect(asText({ a: 1 })).toBe('{"a":1}');
  expect(asText({ a: "x".repeat(90) }).split("\n")).toHaveLength(3);
  expect(asText(undefined)).toBe("");
});
