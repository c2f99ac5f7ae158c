import { expect, test } from "vitest";
import { codeOf, codeOutputsOf } from "./event-code";

test("the code of an event is found, with its language and what is beside it", () => {
  expect(codeOf("code_exec", { code: "1 + 1", language: "Python", timeout: 3 })).toEqual({
    code: "1 + 1",
    language: "python",
    rest: { timeout: 3 },
  });
  expect(codeOf("code_exec", "1 + 1")).toEqual({ code: "1 + 1", language: null, rest: null });
  expect(codeOf("code_exec", { command: "ls" })?.language).toBe("bash");
});

test("other events have no code", () => {
  expect(codeOf("tool_call", { code: "1 + 1" })).toBeNull();
  expect(codeOf("code_exec", null)).toBeNull();
});

test("what code wrote is told apart from what else it gave", () => {
  expect(codeOutputsOf({ stdout: "2\n", stderr: "", exit_code: 0, plots: 1 })).toEqual({
    texts: [{ name: "stdout", text: "2\n" }],
    exitCode: 0,
    rest: { plots: 1 },
  });
  expect(codeOutputsOf({ stdout: null, exit_code: null })).toEqual({ texts: [], exitCode: null, rest: null });
  expect(codeOutputsOf([1])).toEqual({ texts: [], exitCode: null, rest: [1] });
});
