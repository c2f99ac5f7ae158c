import { expect, it } from "vitest";
import { normalName, runNameFault } from "./name";

it.each(["run 1", "a/b", "50 %", "日本 🧳", "  padded  ", "x".repeat(255), "🧳".repeat(255)])(
  "%s is usable",
  (name) => {
    expect(runNameFault(name)).toBeNull();
  },
);

it.each(["", "   ", ".", " .. ", "nodes", "a\u0000b", "tab\there", "\ud83e", "x".repeat(256)])(
  "%j is not",
  (name) => {
    expect(runNameFault(name)).not.toBeNull();
  },
);

it("is kept composed and trimmed", () => {
  expect(normalName(" e\u0301 ")).toBe("é");
});
