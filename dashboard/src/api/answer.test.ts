import { expect, test } from "vitest";
import { closedBy, withApproval } from "./answer";
import { approvalKeys, type Approval } from "./approvals";
import { ProblemError } from "./problem";

const OPEN: Approval = {
  run_id: "a",
  agent_name: "planner",
  run_name: "run 1",
  event_id: "e",
  node_id: null,
  question: "May I?",
  options: ["yes", "no"],
  context: null,
  requested_at: "2026-01-02T03:04:05Z",
  expires_at: null,
  status: "open",
  option: null,
  feedback: null,
  answered_at: null,
  answered_by: null,
};
const ANSWERED: Approval = { ...OPEN, status: "answered", option: "yes", answered_by: "Ada" };
const OTHERS = [
  { ...OPEN, event_id: "f" },
  { ...OPEN, run_id: "b" },
];

test("an answer is shown wherever the approval is, and nowhere else", () => {
  const [other, ofOtherRun] = OTHERS;
  expect(withApproval(approvalKeys.one("a", "e"), OPEN, ANSWERED)).toBe(ANSWERED);
  expect(withApproval(approvalKeys.one("b", "e"), ofOtherRun, ANSWERED)).toBe(ofOtherRun);
  expect(withApproval(approvalKeys.ofRun("a"), [other, OPEN], ANSWERED)).toEqual([other, ANSWERED]);
  const pages = { pages: [{ approvals: [OPEN, ...OTHERS], open_count: 3 }], pageParams: [undefined] };
  expect(withApproval(approvalKeys.list("open"), pages, ANSWERED)).toEqual({
    pages: [{ approvals: [ANSWERED, ...OTHERS], open_count: 3 }],
    pageParams: [undefined],
  });
  expect(withApproval(approvalKeys.count, 3, ANSWERED)).toBe(3);
});

test("a refusal tells who was quicker, where somebody was", () => {
  expect(closedBy(new ProblemError(409, { approval: ANSWERED }))).toBe(ANSWERED);
  expect(closedBy(new ProblemError(409, {}))).toBeNull();
  expect(closedBy(new ProblemError(422, { approval: ANSWERED }))).toBeNull();
  expect(closedBy(new TypeError("fetch failed"))).toBeNull();
});
