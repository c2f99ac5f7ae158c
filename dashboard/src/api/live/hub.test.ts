import { expect, it } from "vitest";
import { Hub, type StreamSource } from "./hub";
import type { HubMessage } from "./message";

class FakeStream implements StreamSource {
  onopen: ((event: never) => void) | null = null;
  onerror: ((event: never) => void) | null = null;
  isClosed = false;
  #listener: ((event: MessageEvent<string>) => void) | undefined;

  constructor(readonly url: string) {}

  addEventListener(_type: "runs", listener: (event: MessageEvent<string>) => void): void {
    this.#listener = listener;
  }

  tell(changeNo: number): void {
    const data = JSON.stringify({ runs: [], deleted: [], change_no: changeNo });
    this.#listener?.({ data } as MessageEvent<string>);
  }

  close(): void {
    this.isClosed = true;
  }
}

function makeHub() {
  const streams: FakeStream[] = [];
  const timers: { call: () => void; ms: number }[] = [];
  const hub = new Hub("stream", {
    open: (url) => {
      const stream = new FakeStream(url);
      streams.push(stream);
      return stream;
    },
    now: () => 1_000,
    setTimer: (call, ms) => timers.push({ call, ms }),
    clearTimer: () => undefined,
  });
  return { hub, streams, timers };
}

it("opens one stream for all pages, and tells each page everything", () => {
  const { hub, streams } = makeHub();
  const one: HubMessage[] = [];
  const other: HubMessage[] = [];
  hub.join((message) => one.push(message), 6);
  hub.join((message) => other.push(message), 6);
  streams[0]?.onopen?.(undefined as never);
  streams[0]?.tell(7);

  expect(streams).toHaveLength(1);
  expect(one.map(({ kind }) => kind)).toEqual(["state", "state", "runs"]);
  expect(other).toEqual(one);
});

it("goes on where it was when the stream breaks, and waits longer each time", () => {
  const { hub, streams, timers } = makeHub();
  const told: HubMessage[] = [];
  hub.join((message) => told.push(message), 40);
  streams[0]?.tell(41);
  streams[0]?.onerror?.(undefined as never);

  expect(told.at(-1)).toEqual({ kind: "state", state: { kind: "lost", since: 1_000, retryAt: 1_500 } });
  timers[0]?.call();
  expect(streams[1]?.url).toBe("stream?after=41");
  streams[1]?.onerror?.(undefined as never);
  expect(timers.map(({ ms }) => ms)).toEqual([500, 1_000]);
});

it("forgets the waits once it is live again", () => {
  const { hub, streams, timers } = makeHub();
  hub.join(() => undefined, 40);
  streams[0]?.onerror?.(undefined as never);
  timers[0]?.call();
  streams[1]?.onopen?.(undefined as never);
  streams[1]?.onerror?.(undefined as never);

  expect(timers.map(({ ms }) => ms)).toEqual([500, 500]);
});

it("ends the stream with the last page", () => {
  const { hub, streams } = makeHub();
  const port = () => undefined;
  hub.join(port, 40);
  hub.leave(port);

  expect(streams[0]?.isClosed).toBe(true);
});

function changesOf(told: readonly HubMessage[]) {
  return told.flatMap((message) =>
    message.kind === "runs" ? [{ changeNo: message.changeNo, hasMissed: message.hasMissed }] : [],
  );
}

it("begins the stream where the first page is, and tells a later one whether it missed something", () => {
  const { hub, streams } = makeHub();
  hub.join(() => undefined, 40);
  streams[0]?.tell(43);
  const [behind, even, ahead, unsure]: HubMessage[][] = [[], [], [], []];
  hub.join((message) => behind?.push(message), 42);
  hub.join((message) => even?.push(message), 43);
  hub.join((message) => ahead?.push(message), 44);
  hub.join((message) => unsure?.push(message), undefined);

  expect(streams.map(({ url }) => url)).toEqual(["stream?after=40"]);
  expect(changesOf(behind ?? [])).toEqual([{ changeNo: 43, hasMissed: true }]);
  expect(changesOf(even ?? [])).toEqual([]);
  expect(changesOf(ahead ?? [])).toEqual([]);
  expect(changesOf(unsure ?? [])).toEqual([{ changeNo: 43, hasMissed: true }]);
});

it("tells a page that knows no number with the first one that it may have missed something", () => {
  const { hub, streams } = makeHub();
  const told: HubMessage[] = [];
  hub.join((message) => told.push(message), undefined);
  streams[0]?.tell(7);
  streams[0]?.tell(8);

  expect(streams[0]?.url).toBe("stream");
  expect(changesOf(told)).toEqual([
    { changeNo: 7, hasMissed: true },
    { changeNo: 8, hasMissed: false },
  ]);
});

it("takes a page in again that was given up, and lets one that joins again be", () => {
  const { hub, streams } = makeHub();
  const told: HubMessage[] = [];
  const port = (message: HubMessage) => told.push(message);
  hub.join(() => undefined, 40);
  hub.join(port, 40);
  hub.join(port, 40);
  streams[0]?.tell(41);
  hub.leave(port);
  streams[0]?.tell(42);
  hub.join(port, 41);

  expect(changesOf(told)).toEqual([
    { changeNo: 41, hasMissed: false },
    { changeNo: 42, hasMissed: true },
  ]);
});
