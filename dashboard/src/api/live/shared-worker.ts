/** The hub for all pages of a browser. A worker of its own, because a browser opens six connections to a server at most. */

import { browserSurroundings } from "./browser";
import { Hub, type Port } from "./hub";
import type { PageMessage } from "./message";

// Pages join again every ten seconds; one that was killed can't say that it goes. Browsers let hidden pages sleep for
// longer: those are given up, too, and come back with the number up to which they know the changes.
const SILENCE_MS = 45_000;

let hub: Hub | undefined;
const heardAt = new Map<Port, number>();

(self as unknown as { onconnect: (event: MessageEvent) => void }).onconnect = (event) => {
  const port = event.ports[0];
  if (port === undefined) return;
  const tell: Port = (message) => port.postMessage(message);
  port.addEventListener("message", ({ data }: MessageEvent<PageMessage>) => {
    heardAt.set(tell, Date.now());
    if (data.kind === "join") {
      hub ??= new Hub(data.streamUrl, browserSurroundings);
      hub.join(tell, data.changeNo);
    } else if (data.kind === "retry") {
      hub?.retry();
    } else if (data.kind === "leave") {
      heardAt.delete(tell);
      hub?.leave(tell);
    }
  });
  port.start();
};

setInterval(() => {
  for (const [port, at] of heardAt) {
    if (Date.now() - at > SILENCE_MS) {
      heardAt.delete(port);
      hub?.leave(port);
    }
  }
}, SILENCE_MS / 3);
