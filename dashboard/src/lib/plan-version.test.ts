import { expect, test } from "vitest";
import { nameVersion } from "./plan-version";

test("versions are numbers, or moments where the clock told them", () => {
  expect([1, 2, 12_000].map(nameVersion)).toEqual(["version 1", "version 2", "version 12000"]);
  const at = new Date(2026, 10, 28, 14, 3, 9, 640).getTime();
  expect(nameVersion(at / 10)).toBe("version of 28 Nov 14:03:09");
  expect(nameVersion(9e15)).toBe("version 9000000000000000");
});
