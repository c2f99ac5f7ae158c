import { expect, test } from "vitest";
import { errorOf } from "./error-text";

test("an error is told by its type and message", () => {
  expect(errorOf({ type: "ToolError", message: "503" })).toEqual({ type: "ToolError", message: "503" });
});

test("an error of any other form is shown as it is", () => {
  expect(errorOf("it broke")).toEqual({ type: null, message: "it broke" });
  expect(errorOf({ code: 7 })).toEqual({ type: null, message: '{\n  "code": 7\n}' });
});

test("no error is none", () => {
  expect([errorOf(null), errorOf(undefined), errorOf("")]).toEqual([null, null, null]);
});
