/**
 * What agents said, as a transcript: who spoke in which role, and tool calls with their results. Pure.
 *
 * Contents are any JSON. Those of the known shapes of chats are read as such: texts, lists of parts, and messages with
 * `role`, `content` and `tool_calls`. All else is shown as the JSON it is.
 */

import type { Event, Message } from "@/api/run";

export type Part =
  | { readonly kind: "text" | "thinking"; readonly text: string }
  | { readonly kind: "json"; readonly value: unknown }
  | { readonly kind: "image"; readonly source: string }
  | ToolCall
  | ToolResult;

export interface ToolCall {
  readonly kind: "call";
  readonly callId: string | null;
  readonly name: string;
  readonly input: unknown;
  readonly result: ToolResult | null;
}

export interface ToolResult {
  readonly kind: "result";
  readonly callId: string | null;
  readonly output: unknown;
  readonly isError: boolean;
}

export type Role = "user" | "assistant" | "system" | "tool";

export interface MessageEntry {
  readonly kind: "message";
  readonly key: string;
  readonly message: Message;
  readonly role: Role;
  readonly parts: readonly Part[];
  /** Messages whose results stand in the calls of this one. */
  readonly answeredBy: readonly string[];
}

export interface CallEntry {
  readonly kind: "event";
  readonly key: string;
  readonly event: Event;
}

export type Entry = MessageEntry | CallEntry;

/** Longer JSON is written on many lines. */
const MOST_ON_A_LINE = 72;

type Fields = Readonly<Record<string, unknown>>;

/** Return messages with their calls and results paired; one that says nothing but such results is left out. */
export function messageEntries(messages: readonly Message[]): MessageEntry[] {
  const read = messages.map((message) => ({ message, parts: partsOf(message.content) }));
  const results = new Map<string, { result: ToolResult; messageId: string }>();
  const called = new Set<string>();
  for (const { message, parts } of read) {
    for (const part of parts) {
      if (part.kind === "call" && part.callId !== null) called.add(part.callId);
      if (part.kind === "result" && part.callId !== null && !results.has(part.callId)) {
        results.set(part.callId, { result: part, messageId: message.message_id });
      }
    }
  }
  const isPaired = (part: Part) => part.kind === "result" && part.callId !== null && called.has(part.callId);
  const entries: MessageEntry[] = [];
  for (const { message, parts } of read) {
    if (parts.length > 0 && parts.every(isPaired)) continue;
    const answeredBy: string[] = [];
    const shown: Part[] = [];
    for (const part of parts) {
      if (isPaired(part)) continue;
      const found = part.kind === "call" && part.callId !== null ? results.get(part.callId) : undefined;
      if (found !== undefined) answeredBy.push(found.messageId);
      shown.push(part.kind === "call" ? { ...part, result: found?.result ?? null } : part);
    }
    entries.push({
      kind: "message",
      key: `m:${message.message_id}`,
      message,
      role: roleOf(message, shown),
      parts: shown,
      answeredBy,
    });
  }
  return entries;
}

interface Merged {
  readonly messages: readonly Message[];
  readonly hasMoreMessages: boolean;
  readonly events: readonly Event[];
  readonly hasMoreEvents: boolean;
}

/**
 * Return messages and calls in the order of their times, as far as both are known.
 *
 * A call of which a message tells is not told again.
 */
export function transcriptOf({ messages, hasMoreMessages, events, hasMoreEvents }: Merged): Entry[] {
  const told = new Set(messages.map((message) => message.event_id));
  const entries: { at: number; entry: Entry }[] = messageEntries(messages).map((entry) => ({
    at: Date.parse(entry.message.sent_at),
    entry,
  }));
  for (const event of events) {
    if (told.has(event.event_id)) continue;
    entries.push({
      at: Date.parse(event.started_at),
      entry: { kind: "event", key: `e:${event.event_id}`, event },
    });
  }
  const ends = [
    hasMoreMessages ? Date.parse(messages.at(-1)?.sent_at ?? "") : NaN,
    hasMoreEvents ? Date.parse(events.at(-1)?.started_at ?? "") : NaN,
  ].filter((end) => !Number.isNaN(end));
  const horizon = Math.min(Infinity, ...ends);
  return entries
    .filter(({ at }) => at <= horizon)
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);
}

/** Read the content of a message. */
export function partsOf(content: unknown): readonly Part[] {
  if (content === null || content === undefined || content === "") return [];
  if (typeof content === "string") return [{ kind: "text", text: content }];
  if (Array.isArray(content)) {
    const parts = content.map(partOf);
    return parts.every((part) => part !== null) ? parts : [{ kind: "json", value: content }];
  }
  const record = asRecord(content);
  if (record === null) return [{ kind: "text", text: String(content) }];
  if (typeof record["role"] === "string" && ("content" in record || "tool_calls" in record)) {
    return chatParts(record);
  }
  return [partOf(record) ?? { kind: "json", value: content }];
}

function chatParts(record: Fields): readonly Part[] {
  if (record["role"] === "tool" || typeof record["tool_call_id"] === "string") {
    const callId = textOf(record["tool_call_id"]);
    return [{ kind: "result", callId, output: fromJson(record["content"]), isError: false }];
  }
  const calls = Array.isArray(record["tool_calls"]) ? record["tool_calls"] : [];
  const reasoning = textOf(record["reasoning_content"]) ?? textOf(record["reasoning"]);
  return [
    ...(reasoning ? [{ kind: "thinking", text: reasoning } as const] : []),
    ...partsOf(record["content"]),
    ...calls.map((call) => callOf(call) ?? ({ kind: "json", value: call } as const)),
  ];
}

function callOf(call: unknown): ToolCall | null {
  const record = asRecord(call);
  const called = asRecord(record?.["function"]) ?? record;
  const name = textOf(called?.["name"]);
  if (record === null || called === null || name === null) return null;
  const input = fromJson(called["arguments"] ?? called["args"] ?? called["input"]);
  return { kind: "call", callId: textOf(record["id"]), name, input, result: null };
}

function partOf(part: unknown): Part | null {
  if (typeof part === "string") return { kind: "text", text: part };
  const record = asRecord(part);
  if (record === null) return null;
  const text = textOf(record["text"]);
  switch (record["type"]) {
    case "text":
    case "input_text":
    case "output_text":
      return text === null ? null : { kind: "text", text };
    case "thinking":
    case "reasoning": {
      const thought = textOf(record["thinking"]) ?? text;
      return thought === null ? null : { kind: "thinking", text: thought };
    }
    case "tool_use":
    case "tool_call":
    case "function_call": {
      const call = callOf(record);
      return call && { ...call, callId: textOf(record["call_id"]) ?? call.callId };
    }
    case "tool_result":
    case "function_call_output":
      return {
        kind: "result",
        callId: textOf(record["tool_use_id"]) ?? textOf(record["call_id"]) ?? textOf(record["tool_call_id"]),
        output: plainOutput(record["content"] ?? record["output"]),
        isError: record["is_error"] === true,
      };
    case "image":
    case "image_url":
    case "input_image": {
      const source = imageOf(record);
      return source === null ? null : { kind: "image", source };
    }
    default:
      return null;
  }
}

/** Only pictures that are in the message itself: nothing is fetched from elsewhere to show a run. */
function imageOf(record: Fields): string | null {
  const source = asRecord(record["source"]);
  const media = textOf(source?.["media_type"]);
  const data = textOf(source?.["data"]);
  const url =
    media && data
      ? `data:${media};base64,${data}`
      : (textOf(asRecord(record["image_url"])?.["url"]) ?? textOf(record["image_url"]));
  return url !== null && /^data:image\/(png|jpeg|gif|webp|avif);base64,/.test(url) ? url : null;
}

function plainOutput(output: unknown): unknown {
  if (typeof output === "string") return fromJson(output);
  const parts = Array.isArray(output) ? output.map(partOf) : [];
  const areTexts = parts.length > 0 && parts.every((part) => part?.kind === "text");
  return areTexts ? fromJson(parts.map((part) => (part as { text: string }).text).join("\n")) : output;
}

function roleOf(message: Message, parts: readonly Part[]): Role {
  const said = textOf(asRecord(message.content)?.["role"]) ?? textOf(message.metadata["role"]);
  const word = (said ?? message.sender ?? "").toLowerCase();
  if (/^(user|human|customer|person)$/.test(word)) return "user";
  if (/^(system|developer)$/.test(word)) return "system";
  if (word === "tool" || word === "function") return "tool";
  return parts.length > 0 && parts.every((part) => part.kind === "result") ? "tool" : "assistant";
}

/** Return what a text says as JSON, where it is an object or a list; else the text. */
export function fromJson(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{]/.test(value)) return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

/** Return all that an entry says as one text, for searching and copying. */
export function wordsOf(entry: Entry): string {
  if (entry.kind === "event") {
    const { name, model, event_type, agent_name, node_id } = entry.event;
    return [name, model, event_type, agent_name, node_id].filter(Boolean).join(" ");
  }
  const { sender, recipient } = entry.message;
  return [sender, recipient, ...entry.parts.map(textOfPart)].filter(Boolean).join("\n");
}

export function textOfPart(part: Part): string {
  switch (part.kind) {
    case "text":
    case "thinking":
      return part.text;
    case "json":
      return asText(part.value);
    case "call":
      return [part.name, asText(part.input), part.result && asText(part.result.output)]
        .filter(Boolean)
        .join("\n");
    case "result":
      return asText(part.output);
    case "image":
      return "";
  }
}

/** Return any JSON as text to read. */
export function asText(value: unknown): string {
  if (typeof value === "string") return value;
  if (value === undefined) return "";
  const line = JSON.stringify(value);
  return line.length <= MOST_ON_A_LINE ? line : JSON.stringify(value, null, 2);
}

function asRecord(value: unknown): Fields | null {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Fields) : null;
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
