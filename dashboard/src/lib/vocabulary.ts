/**
 * The words of the recorder that have a meaning: how each is called, and which tone and symbol it has.
 *
 * Unknown words are shown as they are, in the tone `other`. Tones are colours of `ui/theme.css`, symbols are drawn by
 * `ui/status.tsx` and `ui/kind.tsx`; a word is never told by its colour alone.
 */

export const TONES = ["good", "bad", "busy", "plan", "wait", "calm", "lost", "other"] as const;
export type Tone = (typeof TONES)[number];

export interface StatusWord {
  readonly label: string;
  readonly tone: Tone;
  readonly symbol: StatusSymbol;
  /** Whether something goes on: such a status is drawn moving. */
  readonly isLive: boolean;
  readonly meaning: string;
}

export type StatusSymbol =
  | "check"
  | "cross"
  | "running"
  | "planning"
  | "pause"
  | "hand"
  | "slash"
  | "signal-lost"
  | "draft"
  | "clock"
  | "skip"
  | "unknown";

const word = (
  label: string,
  tone: Tone,
  symbol: StatusSymbol,
  meaning: string,
  isLive = false,
): StatusWord => ({ label, tone, symbol, isLive, meaning });

export const RUN_STATUSES = {
  draft: word("Draft", "calm", "draft", "It has been declared, and not begun."),
  planning: word("Planning", "plan", "planning", "It makes its plan.", true),
  executing: word("Executing", "busy", "running", "It is going on.", true),
  paused: word("Paused", "calm", "pause", "It has stopped, and may go on."),
  waiting_approval: word("Needs approval", "wait", "hand", "It waits for a person."),
  completed: word("Completed", "good", "check", "It came to its end."),
  failed: word("Failed", "bad", "cross", "It ended with an error."),
  cancelled: word("Cancelled", "calm", "slash", "It was ended before its time."),
  lost: word("Lost", "lost", "signal-lost", "Its recorder fell silent without an end."),
} as const satisfies Record<string, StatusWord>;

export const NODE_STATUSES = {
  pending: word("Pending", "calm", "clock", "It has not begun."),
  running: word("Running", "busy", "running", "It is going on.", true),
  paused: word("Paused", "calm", "pause", "It has stopped, and may go on."),
  waiting_approval: word("Needs approval", "wait", "hand", "It waits for a person."),
  completed: word("Completed", "good", "check", "It came to its end."),
  failed: word("Failed", "bad", "cross", "It ended with an error."),
  skipped: word("Skipped", "calm", "skip", "The run went another way."),
  cancelled: word("Cancelled", "calm", "slash", "It was ended before its time."),
} as const satisfies Record<string, StatusWord>;

export const EVENT_STATUSES = {
  running: NODE_STATUSES.running,
  completed: NODE_STATUSES.completed,
  failed: NODE_STATUSES.failed,
  cancelled: NODE_STATUSES.cancelled,
} as const satisfies Record<string, StatusWord>;

export const APPROVAL_STATUSES = {
  open: word("Needs an answer", "wait", "hand", "The agent waits for a person."),
  answered: word("Answered", "good", "check", "A person has answered."),
  expired: word("Expired", "calm", "clock", "Its agent went on without an answer."),
  ended: word("Ended", "calm", "slash", "The run ended before anybody answered."),
} as const satisfies Record<string, StatusWord>;

const STATUSES: Readonly<Record<string, StatusWord>> = {
  ...APPROVAL_STATUSES,
  ...NODE_STATUSES,
  ...RUN_STATUSES,
};
const ENDED = new Set(["completed", "failed", "cancelled", "lost", "skipped"]);

/** Return what a status of a run, node or event means; one that nobody knows is called what it is. */
export function statusWord(status: string): StatusWord {
  return Object.hasOwn(STATUSES, status)
    ? (STATUSES[status] as StatusWord)
    : word(status, "other", "unknown", "The recorder's own word.");
}

export function isEnded(status: string): boolean {
  return ENDED.has(status);
}

export const HUES = ["blue", "violet", "teal", "amber", "rose", "green", "slate", "orange"] as const;
export type Hue = (typeof HUES)[number];

export interface KindWord {
  readonly label: string;
  readonly hue: Hue;
  /** The name of the icon in `ui/kind.tsx`. */
  readonly icon: string;
}

const kind = (label: string, hue: Hue, icon: string): KindWord => ({ label, hue, icon });

export const EVENT_TYPES = {
  agent_call: kind("Agent call", "violet", "agent"),
  llm_call: kind("LLM call", "blue", "llm"),
  tool_call: kind("Tool call", "amber", "tool"),
  code_exec: kind("Code", "teal", "code"),
  file_gen: kind("File", "green", "file"),
  message: kind("Message", "rose", "message"),
  handoff: kind("Handoff", "violet", "handoff"),
  retrieval: kind("Retrieval", "teal", "retrieval"),
  embedding: kind("Embedding", "teal", "embedding"),
  guardrail: kind("Guardrail", "orange", "guardrail"),
  step: kind("Step", "slate", "step"),
  node_execution: kind("Node execution", "slate", "node"),
  approval_requested: kind("Approval requested", "orange", "approval"),
  state_transition: kind("State transition", "slate", "transition"),
  error: kind("Error", "rose", "error"),
  info: kind("Info", "slate", "info"),
  agent_start: kind("Agent start", "violet", "start"),
  agent_end: kind("Agent end", "violet", "end"),
} as const satisfies Record<string, KindWord>;

export const NODE_TYPES = {
  planning: kind("Planning", "violet", "planning"),
  control: kind("Control", "slate", "transition"),
  agent: kind("Agent", "violet", "agent"),
  approval: kind("Approval", "orange", "approval"),
  parallel_group: kind("Parallel group", "teal", "parallel"),
  terminator: kind("Terminator", "slate", "end"),
  sub_agent: kind("Sub-agent", "violet", "handoff"),
  branch_point: kind("Branch point", "amber", "branch"),
  tool: kind("Tool", "amber", "tool"),
  step: kind("Step", "slate", "step"),
} as const satisfies Record<string, KindWord>;

const EVENT_KINDS: Readonly<Record<string, KindWord>> = EVENT_TYPES;
const NODE_KINDS: Readonly<Record<string, KindWord>> = NODE_TYPES;

/** Return how an event type is called and looks. */
export function eventKind(type: string): KindWord {
  return Object.hasOwn(EVENT_KINDS, type) ? (EVENT_KINDS[type] as KindWord) : kind(type, "slate", "unknown");
}

/** Return how a node type is called and looks; a node that nobody declared has none. */
export function nodeKind(type: string | null): KindWord {
  if (type === null) return kind("Node", "slate", "node");
  return Object.hasOwn(NODE_KINDS, type) ? (NODE_KINDS[type] as KindWord) : kind(type, "slate", "unknown");
}
