/** Whether all that a run's recorders sent has arrived, in words. */

export interface Completeness {
  readonly received: number;
  readonly expected: number | null;
  readonly dropped: number;
  readonly recorders: number;
  readonly is_complete: boolean;
}

export interface CompletenessWords {
  readonly words: string;
  readonly meaning: string;
  readonly isWhole: boolean;
}

/** Return what to say; null where nothing is known, or where it is too early to say. */
export function completenessWords(
  completeness: Completeness | null | undefined,
  hasEnded: boolean,
): CompletenessWords | null {
  if (!completeness) return null;
  const { received, expected, dropped, is_complete: isComplete } = completeness;
  if (isComplete) {
    return hasEnded
      ? { words: "Complete", meaning: `All ${count(received)} records have arrived.`, isWhole: true }
      : null;
  }
  if (dropped > 0) {
    return {
      words: `${count(dropped)} lost`,
      meaning: `The recorder had no more room and left out ${count(dropped)} records; ${count(received)} have arrived.`,
      isWhole: false,
    };
  }
  // What is on its way while the run goes on is no loss.
  if (!hasEnded) return null;
  const missing = expected === null ? null : expected - received;
  return {
    words: missing !== null && missing > 0 ? `${count(missing)} missing` : "Incomplete",
    meaning:
      expected === null
        ? `${count(received)} records have arrived; its recorder has not said how many there are.`
        : `${count(received)} of ${count(expected)} records have arrived.`,
    isWhole: false,
  };
}

function count(value: number): string {
  return value.toLocaleString("en-US");
}
