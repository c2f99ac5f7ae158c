/** The periods that figures are usually asked for. */

export const PERIODS = [7, 14, 30, 60, 90] as const;
