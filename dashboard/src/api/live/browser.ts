import type { HubSurroundings, StreamSource } from "./hub";

/** What the hub needs of a browser, in a page as in a worker. */
export const browserSurroundings: HubSurroundings = {
  open: (url) => new EventSource(url) as unknown as StreamSource,
  now: () => Date.now(),
  setTimer: (call, ms) => setTimeout(call, ms),
  clearTimer: (timer) => clearTimeout(timer as number | undefined),
};
