import { expect, test } from "vitest";
import type { Action, RunRequest } from "@/api/requests";
import { offeredActions, requestWords } from "./control";

const request = (action: Action, is_seen = false): RunRequest => ({
  number: 1,
  action,
  why: null,
  requested_at: "2026-01-02T03:04:05Z",
  requested_by: null,
  is_seen,
});

test.each([
  ["executing", null, ["pause", "cancel"]],
  ["paused", null, ["resume", "cancel"]],
  ["executing", request("pause"), ["resume", "cancel"]],
  ["paused", request("pause", true), ["resume", "cancel"]],
  ["paused", request("resume"), ["pause", "cancel"]],
  ["paused", request("resume", true), ["resume", "cancel"]],
  ["executing", request("resume", true), ["pause", "cancel"]],
  ["executing", request("cancel"), []],
  ["completed", null, []],
  ["lost", null, []],
])("of a run that is %s, after %o, may be asked %o", (status, latest, actions) => {
  expect(offeredActions({ status, request: latest })).toEqual(actions);
});

test("a request is told until it is over, and whether its agent knows until that shows", () => {
  expect(requestWords({ status: "executing", request: null })).toBeNull();
  expect(requestWords({ status: "executing", request: request("pause") })?.isSeen).toBe(false);
  expect(requestWords({ status: "executing", request: request("pause", true) })?.isSeen).toBe(true);
  expect(requestWords({ status: "paused", request: request("pause", true) })?.isSeen).toBeNull();
  expect(requestWords({ status: "paused", request: request("resume") })?.asked).toBe("asked it to go on");
  expect(requestWords({ status: "executing", request: request("resume", true) })).toBeNull();
  expect(requestWords({ status: "cancelled", request: request("cancel", true) })?.isSeen).toBeNull();
  expect(requestWords({ status: "completed", request: request("cancel", true) })).toBeNull();
});
