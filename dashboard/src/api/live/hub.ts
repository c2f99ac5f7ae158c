/**
 * One event stream for all pages of a browser: it follows the project, and hands on what comes.
 *
 * The hub knows nothing of pages but their ports, and up to which change each knew the project when it came. The stream
 * begins there, and goes on where it was when the connection breaks. A page that comes later is told the present state
 * at once, and whether it has missed something.
 */

import type { HubMessage, LiveState } from "./message";

export type Port = (message: HubMessage) => void;

export interface StreamSource {
  onopen: ((event: never) => void) | null;
  onerror: ((event: never) => void) | null;
  addEventListener(type: "runs", listener: (event: MessageEvent<string>) => void): void;
  close(): void;
}

export interface HubSurroundings {
  readonly open: (url: string) => StreamSource;
  readonly now: () => number;
  readonly setTimer: (call: () => void, ms: number) => unknown;
  readonly clearTimer: (timer: unknown) => void;
}

const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 15_000;

export class Hub {
  readonly #ports = new Set<Port>();
  /** Those who know no number, as long as the hub knows none either. */
  readonly #unsure = new Set<Port>();
  readonly #streamUrl: string;
  readonly #around: HubSurroundings;
  #source: StreamSource | undefined;
  #timer: unknown;
  #lastNo: number | undefined;
  #waitMs = FIRST_WAIT_MS;
  #state: LiveState = { kind: "connecting" };

  constructor(streamUrl: string, around: HubSurroundings) {
    this.#streamUrl = streamUrl;
    this.#around = around;
  }

  /** Take a page in, with the number up to which it knows all changes; the first one opens the stream. Safe twice. */
  join(port: Port, changeNo: number | undefined): void {
    if (this.#ports.has(port)) return;
    if (this.#ports.size === 0) this.#lastNo = changeNo;
    this.#ports.add(port);
    port({ kind: "state", state: this.#state });
    if (this.#lastNo === undefined) this.#unsure.add(port);
    else if (changeNo === undefined || changeNo < this.#lastNo) {
      port({ kind: "runs", runs: [], deleted: [], changeNo: this.#lastNo, hasMissed: true });
    }
    if (this.#source === undefined && this.#timer === undefined) this.#open();
  }

  /** Let a page go; with the last one the stream ends. */
  leave(port: Port): void {
    this.#ports.delete(port);
    this.#unsure.delete(port);
    if (this.#ports.size === 0) this.close();
  }

  /** Try again at once, as when the machine is back on the network. */
  retry(): void {
    if (this.#state.kind === "live") return;
    this.#around.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#waitMs = FIRST_WAIT_MS;
    this.#source?.close();
    this.#open();
  }

  close(): void {
    this.#around.clearTimer(this.#timer);
    this.#timer = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#setState({ kind: "connecting" });
  }

  #open(): void {
    const url = this.#lastNo === undefined ? this.#streamUrl : `${this.#streamUrl}?after=${this.#lastNo}`;
    const source = this.#around.open(url);
    this.#source = source;
    source.onopen = () => {
      this.#waitMs = FIRST_WAIT_MS;
      this.#setState({ kind: "live" });
    };
    source.addEventListener("runs", (event) => {
      const { runs, deleted, change_no } = JSON.parse(event.data) as {
        runs: never[];
        deleted: string[];
        change_no: number;
      };
      this.#lastNo = change_no;
      for (const port of this.#ports) {
        port({ kind: "runs", runs, deleted, changeNo: change_no, hasMissed: this.#unsure.delete(port) });
      }
    });
    source.onerror = () => this.#lost(source);
  }

  #lost(source: StreamSource): void {
    if (source !== this.#source) return;
    const since = this.#state.kind === "lost" ? this.#state.since : this.#around.now();
    // The browser's own tries come every two seconds for ever; ours become rarer, and know where to go on.
    source.close();
    this.#source = undefined;
    const waitMs = this.#waitMs;
    this.#waitMs = Math.min(LONGEST_WAIT_MS, waitMs * 2);
    this.#setState({ kind: "lost", since, retryAt: this.#around.now() + waitMs });
    this.#timer = this.#around.setTimer(() => {
      this.#timer = undefined;
      this.#open();
    }, waitMs);
  }

  #setState(state: LiveState): void {
    this.#state = state;
    for (const port of this.#ports) port({ kind: "state", state });
  }
}
