/**
 * What the payload of an event tells in words of workflows: code and what came of it, changed files, who hands over to
 * whom, where the work can go on, a change of state, which attempt it is. What is told so, or by the API in words of its
 * own (an approval), is not in the rest.
 */

import type { FileDiff } from "./diff";
import { codeOf, codeOutputsOf, type CodeOutput, type ExecutedCode } from "./event-code";
import { asObject, withoutKeys } from "./json-object";

export interface RecordedEvent {
  readonly event_type: string;
  readonly event_subtype: string | null;
  readonly name: string | null;
  readonly agent_name: string | null;
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly attributes: unknown;
}

export interface Handoff {
  readonly sender: string | null;
  readonly recipient: string | null;
  readonly reason: string | null;
  readonly context: unknown;
}

export interface Transition {
  readonly from: string | null;
  readonly to: string;
  readonly who: string | null;
  readonly why: string | null;
}

export interface EventParts {
  readonly code: ExecutedCode | null;
  readonly texts: readonly CodeOutput[];
  readonly exitCode: number | null;
  readonly diffs: readonly FileDiff[];
  readonly handoff: Handoff | null;
  /** Where what is needed to go on was put; null where the event is no checkpoint, or does not say. */
  readonly reference: unknown;
  readonly transition: Transition | null;
  readonly attempt: number | null;
  readonly maxAttempts: number | null;
  /** What is left of the payload to be shown as it is. */
  readonly inputs: unknown;
  readonly outputs: unknown;
  readonly attributes: unknown;
}

export function partsOf(event: RecordedEvent): EventParts {
  const attributes = asObject(event.attributes);
  const diffs = diffsOf(attributes["diffs"]);
  const none = {
    code: null,
    texts: [],
    exitCode: null,
    handoff: null,
    reference: null,
    transition: null,
    inputs: event.inputs,
    outputs: event.outputs,
  };
  return {
    ...none,
    diffs,
    attempt: countOf(attributes["attempt"]),
    maxAttempts: countOf(attributes["max_attempts"]),
    attributes: diffs.length > 0 ? withoutKeys(attributes, ["diffs"]) : event.attributes,
    ...(codeParts(event) ??
      handoffParts(event) ??
      checkpointParts(event) ??
      transitionParts(event) ??
      approvalParts(event)),
  };
}

function codeParts({ event_type, inputs, outputs }: RecordedEvent): Partial<EventParts> | null {
  const code = codeOf(event_type, inputs);
  if (code === null) return null;
  const { texts, exitCode, rest } = codeOutputsOf(outputs);
  return { code, texts, exitCode, inputs: code.rest, outputs: rest };
}

const SENDER_KEYS = ["sender", "from", "from_agent", "source"] as const;
const RECIPIENT_KEYS = ["recipient", "to", "to_agent", "target"] as const;

function handoffParts({ event_type, name, agent_name, inputs }: RecordedEvent): Partial<EventParts> | null {
  if (event_type !== "handoff") return null;
  const told = asObject(inputs);
  const handoff = {
    sender: firstText(told, SENDER_KEYS) ?? agent_name,
    recipient: firstText(told, RECIPIENT_KEYS) ?? name,
    reason: firstText(told, ["reason"]),
    context: told["context"] ?? null,
  };
  const isObject = inputs === told;
  return {
    handoff,
    inputs: isObject ? withoutKeys(told, [...SENDER_KEYS, ...RECIPIENT_KEYS, "reason", "context"]) : inputs,
  };
}

function checkpointParts({ event_subtype, outputs }: RecordedEvent): Partial<EventParts> | null {
  const told = asObject(outputs);
  if (event_subtype !== "checkpoint" || !("reference" in told)) return null;
  return { reference: told["reference"], outputs: withoutKeys(told, ["reference"]) };
}

function transitionParts(event: RecordedEvent): Partial<EventParts> | null {
  const told = asObject(event.inputs);
  const to = firstText(told, ["to", "to_status"]);
  if (event.event_type !== "state_transition" || to === null) return null;
  const attributes = asObject(event.attributes);
  const transition = {
    from: firstText(told, ["from", "from_status"]),
    to,
    who: firstText(attributes, ["transitioned_by", "who"]),
    why: firstText(attributes, ["reason", "why"]),
  };
  return { transition, inputs: withoutKeys(told, ["from", "from_status", "to", "to_status"]) };
}

const ANSWER_KEYS = ["option", "feedback", "answered_by", "answered_at"] as const;

function approvalParts({ event_type, inputs, outputs }: RecordedEvent): Partial<EventParts> | null {
  const [asked, answered] = [asObject(inputs), asObject(outputs)];
  if (event_type !== "approval_requested" || typeof asked["question"] !== "string") return null;
  return {
    inputs: withoutKeys(asked, ["question", "options", "context"]),
    outputs: answered === outputs ? withoutKeys(answered, ANSWER_KEYS) : outputs,
  };
}

function diffsOf(value: unknown): readonly FileDiff[] {
  if (!Array.isArray(value)) return [];
  const diffs = value.map(asObject);
  // All or none, so that what can't be read is seen in the attributes.
  const areDiffs = diffs.every(({ path, diff }) => typeof path === "string" && typeof diff === "string");
  return areDiffs ? (diffs as unknown as FileDiff[]) : [];
}

function firstText(told: Readonly<Record<string, unknown>>, keys: readonly string[]): string | null {
  const value = keys.map((key) => told[key]).find((each) => typeof each === "string" && each !== "");
  return (value as string | undefined) ?? null;
}

function countOf(value: unknown): number | null {
  return typeof value === "number" && Number.isInteger(value) && value >= 1 ? value : null;
}
