/**
 * The page's end of the event stream: a port of the shared worker, or a hub of its own where there are no such workers.
 */

import { changeNoOfPage, urlOf } from "../base";
import { browserSurroundings } from "./browser";
import { Hub } from "./hub";
import type { HubMessage, LiveState, PageMessage, RunsMessage } from "./message";

export type RunsListener = (message: RunsMessage) => void;

const STILL_HERE_MS = 10_000;

export class LiveConnection {
  readonly #stateListeners = new Set<() => void>();
  readonly #runsListeners = new Set<RunsListener>();
  #state: LiveState = { kind: "connecting" };
  // All that the page reads, it reads later than the server wrote that number into it.
  #changeNo = changeNoOfPage();
  #send: (message: PageMessage) => void = () => undefined;
  #stop: () => void = () => undefined;

  readonly getState = (): LiveState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#stateListeners.add(listener);
    return () => this.#stateListeners.delete(listener);
  };

  /** Be told of runs that change; returns the function that ends it. */
  onRuns(listener: RunsListener): () => void {
    this.#runsListeners.add(listener);
    return () => this.#runsListeners.delete(listener);
  }

  open(): void {
    const streamUrl = urlOf("api/stream");
    if (typeof SharedWorker === "undefined") this.#openOwn(streamUrl);
    else this.#openShared(streamUrl);
    const retry = () => this.retry();
    window.addEventListener("online", retry);
    const stop = this.#stop;
    this.#stop = () => {
      window.removeEventListener("online", retry);
      stop();
    };
  }

  retry(): void {
    this.#send({ kind: "retry" });
  }

  close(): void {
    this.#stop();
  }

  #openShared(streamUrl: string): void {
    // The name tells apart dashboards of two servers behind one origin.
    const worker = new SharedWorker(new URL("./shared-worker.ts", import.meta.url), {
      type: "module",
      name: `runreel ${streamUrl}`,
    });
    worker.port.addEventListener("message", ({ data }: MessageEvent<HubMessage>) => this.#take(data));
    worker.port.start();
    this.#send = (message) => worker.port.postMessage(message);
    const join = () => this.#send({ kind: "join", streamUrl, changeNo: this.#changeNo });
    join();
    const timer = setInterval(join, STILL_HERE_MS);
    const leave = () => this.#send({ kind: "leave" });
    // A page that is kept for the back button comes back with the same port.
    const rejoin = (event: PageTransitionEvent) => event.persisted && join();
    window.addEventListener("pagehide", leave);
    window.addEventListener("pageshow", rejoin);
    this.#stop = () => {
      clearInterval(timer);
      window.removeEventListener("pagehide", leave);
      window.removeEventListener("pageshow", rejoin);
      leave();
      worker.port.close();
    };
  }

  #openOwn(streamUrl: string): void {
    const hub = new Hub(streamUrl, browserSurroundings);
    const take = (message: HubMessage) => this.#take(message);
    // Six tabs with a stream each would leave none for a seventh, so a hidden one lets go of its own.
    const follow = () =>
      document.visibilityState === "hidden" ? hub.leave(take) : hub.join(take, this.#changeNo);
    document.addEventListener("visibilitychange", follow);
    this.#send = (message) => message.kind === "retry" && hub.retry();
    this.#stop = () => {
      document.removeEventListener("visibilitychange", follow);
      hub.leave(take);
    };
    follow();
  }

  #take(message: HubMessage): void {
    if (message.kind === "state") {
      this.#state = message.state;
      for (const listener of this.#stateListeners) listener();
    } else if (message.changeNo !== this.#changeNo || message.hasMissed) {
      this.#changeNo = message.changeNo;
      for (const listener of this.#runsListeners) listener(message);
    }
  }
}
