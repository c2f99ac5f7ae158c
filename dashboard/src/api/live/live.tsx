/** The live layer as React sees it: who provides it, and what pages ask it. */

import { useQueryClient } from "@tanstack/react-query";
import { createContext, useContext, useEffect, useMemo, useSyncExternalStore, type ReactNode } from "react";
import { followingCaches } from "./caches";
import { LiveConnection, type RunsListener } from "./connection";
import type { LiveState } from "./message";

const Connection = createContext<LiveConnection | null>(null);

/** Keeps everything below it up to date with the server. */
export function Live({ children }: { readonly children: ReactNode }) {
  const client = useQueryClient();
  const connection = useMemo(() => new LiveConnection(), []);
  useEffect(() => {
    const caches = followingCaches(client);
    const stopRuns = connection.onRuns(caches.take);
    let wasLost = false;
    const stopStates = connection.subscribe(() => {
      const { kind } = connection.getState();
      // The stream goes on where it was, but the server may be another one, on another database.
      if (kind === "live" && wasLost) caches.refresh();
      wasLost = kind === "lost" || (wasLost && kind !== "live");
    });
    // What the page shows first is read without the stream; to open one before would hold that up.
    const cancel = whenIdle(() => connection.open());
    return () => {
      cancel();
      stopRuns();
      stopStates();
      caches.stop();
      connection.close();
    };
  }, [client, connection]);
  return <Connection value={connection}>{children}</Connection>;
}

const LONGEST_WAIT_MS = 1_000;

function whenIdle(call: () => void): () => void {
  // Safari has no such callback.
  if (typeof requestIdleCallback === "undefined") {
    const timer = setTimeout(call, LONGEST_WAIT_MS / 4);
    return () => clearTimeout(timer);
  }
  const handle = requestIdleCallback(call, { timeout: LONGEST_WAIT_MS });
  return () => cancelIdleCallback(handle);
}

function useConnection(): LiveConnection {
  const connection = useContext(Connection);
  if (connection === null) throw new Error("there is no <Live> around this");
  return connection;
}

/** Return whether the server is heard, and the function that tries again at once. */
export function useLiveState(): { readonly state: LiveState; readonly retry: () => void } {
  const connection = useConnection();
  const state = useSyncExternalStore(connection.subscribe, connection.getState);
  return { state, retry: () => connection.retry() };
}

/** Call a stable function with runs that change, as soon as they do. */
export function useRunsListener(listener: RunsListener): void {
  const connection = useConnection();
  useEffect(() => connection.onRuns(listener), [connection, listener]);
}
