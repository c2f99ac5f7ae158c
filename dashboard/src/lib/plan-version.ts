/** What versions of plans are called. */

import { formatMoment } from "./format";

/** "version 2", or "version of 28 Nov 14:03:09" where recorders that may be several tell versions by the clock. */
export function nameVersion(version: number): string {
  if (version < FIRST_BY_CLOCK || version > LAST_BY_CLOCK) return `version ${version}`;
  const at = version * 10;
  return `version of ${formatMoment(new Date(at).toISOString(), at)}`;
}

// In hundredths of a second: the spring of 1973, and the last moment that there is a date for.
const FIRST_BY_CLOCK = 1e10;
const LAST_BY_CLOCK = 8.64e14;
