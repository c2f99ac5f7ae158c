import { expect, test } from "vitest";
import { completenessWords } from "./completeness";

const WHOLE = { received: 10, expected: 10, dropped: 0, recorders: 1, is_complete: true };

test("nothing known is nothing said", () => {
  expect(completenessWords(null, true)).toBeNull();
  expect(completenessWords(undefined, true)).toBeNull();
});

test("an ended run is complete, lacks records, or lost some", () => {
  expect(completenessWords(WHOLE, true)?.words).toBe("Complete");
  expect(completenessWords({ ...WHOLE, received: 8, is_complete: false }, true)?.words).toBe("2 missing");
  expect(completenessWords({ ...WHOLE, expected: null, is_complete: false }, true)?.words).toBe("Incomplete");
  expect(completenessWords({ ...WHOLE, dropped: 3, is_complete: false }, true)?.words).toBe("3 lost");
});

test("while a run goes on only losses are told", () => {
  expect(completenessWords({ ...WHOLE, received: 8, is_complete: false }, false)).toBeNull();
  expect(completenessWords({ ...WHOLE, dropped: 3, is_complete: false }, false)?.words).toBe("3 lost");
});
