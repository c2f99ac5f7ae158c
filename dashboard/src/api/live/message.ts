/** What the hub and the pages tell each other. */

import type { Run } from "../runs";

export type LiveState =
  | { readonly kind: "connecting" }
  | { readonly kind: "live" }
  /** The stream broke; times are those of `Date.now()`. */
  | { readonly kind: "lost"; readonly since: number; readonly retryAt: number };

export type HubMessage =
  | { readonly kind: "state"; readonly state: LiveState }
  | { readonly kind: "runs"; readonly runs: readonly Run[]; readonly deleted: readonly string[] };

export type PageMessage =
  | { readonly kind: "join"; readonly streamUrl: string }
  | { readonly kind: "still-here" }
  | { readonly kind: "retry" }
  | { readonly kind: "leave" };
