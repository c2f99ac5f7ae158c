/** What the hub and the pages tell each other. */

import type { Run } from "../runs";

export type LiveState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The stream broke; times are those of `Date.now()`. */
  | { readonly kind: "lost"; readonly since: number; readonly retryAt: number };

export interface RunsMessage {
  readonly kind: "runs";
  readonly runs: readonly Run[];
  readonly deleted: readonly string[];
  /** The number of the latest change that this tells of. */
  readonly changeNo: number;
  /** Whether more changed up to that number, which the page is not told: what it has read may be older. */
  readonly hasMissed: boolean;
}

export type HubMessage = { readonly kind: "state"; readonly state: LiveState } | RunsMessage;

export type PageMessage =
  /** Said again and again, since a page that was asleep may have been given up. */
  | {
      readonly kind: "join";
      readonly streamUrl: string;
      /** The number of the latest change that the page knows of; `undefined` where it knows none. */
      readonly changeNo: number | undefined;
    }
  | { readonly kind: "retry" }
  | { readonly kind: "leave" };
