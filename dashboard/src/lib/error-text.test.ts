import { expect, test } from "vitest";
import { errorTextOf, shortErrorLine, stackLines, wholeErrorText, type ErrorText } from "./error-text";

test("an error is its type, message and stack, and the rest is kept", () => {
  expect(errorTextOf({ type: "E", message: "m", stack: ["a", "b"], code: 5 })).toEqual({
    type: "E",
    message: "m",
    stack: "a\nb",
    rest: { code: 5 },
  });
});

test("a text is a message, and nothing is no error", () => {
  expect(errorTextOf("broken")).toEqual({ type: null, message: "broken", stack: null, rest: null });
  expect(errorTextOf(null)).toBeNull();
  expect(errorTextOf({})?.message).toBe("It failed.");
});

test("a message that is no text is not lost", () => {
  expect(errorTextOf({ message: { a: 1 } })?.rest).toEqual({ message: { a: 1 } });
});

test("frames of libraries are told apart from the program's own", () => {
  const stack = [
    "Traceback (most recent call last):",
    '  File "/srv/agent.py", line 3, in run',
    "    fetch()",
    '  File "/venv/lib/python3.12/site-packages/httpx/a.py", line 8, in get',
    "    raise Boom",
    "httpx.Boom: no",
  ].join("\n");
  expect(stackLines(stack).map((line) => line.kind)).toEqual([
    "code",
    "frame",
    "code",
    "library",
    "library",
    "error",
  ]);
});

test("an error as one text has all that is told of it", () => {
  const text = (error: unknown) => wholeErrorText(errorTextOf(error) as ErrorText);
  expect(text({ type: "E", message: "m", stack: "at a" })).toBe("E: m\n\nat a");
  expect(text({ code: 7 })).toBe('It failed.\n\n{\n  "code": 7\n}');
  expect(text("broken")).toBe("broken");
});

test("a line of an error begins with its type, without modules", () => {
  expect(shortErrorLine("acme.agents.errors.StepError: no table")).toBe("StepError: no table");
  expect(shortErrorLine("example.org: it is away")).toBe("example.org: it is away");
  expect(shortErrorLine("KeyError")).toBe("KeyError");
});
