import { QueryClient, QueryObserver } from "@tanstack/react-query";
import { expect, it, vi } from "vitest";
import { rereading } from "./rereading";

/** A server whose answers are of the time when it was asked, and come when they are let go. */
function makeServer() {
  const waiting: (() => void)[] = [];
  const server = {
    state: "before",
    read: vi.fn(
      () =>
        new Promise<string>((resolve) => {
          const { state } = server;
          waiting.push(() => resolve(state));
        }),
    ),
    answer: async () => {
      waiting.shift()?.();
      await vi.waitFor(() => undefined);
      await Promise.resolve();
    },
  };
  return server;
}

function watched(client: QueryClient, queryFn: () => Promise<string>) {
  const observer = new QueryObserver<string>(client, { queryKey: ["it"], queryFn, staleTime: 30_000 });
  observer.subscribe(() => undefined);
  return observer;
}

it("reads once more what was just being read for the first time", async () => {
  const client = new QueryClient();
  const server = makeServer();
  const { reread } = rereading(client);
  const observer = watched(client, server.read);
  server.state = "after";
  reread({ queryKey: ["it"] });
  reread({ queryKey: ["it"] });
  expect(server.read).toHaveBeenCalledTimes(1);

  await server.answer();
  expect(observer.getCurrentResult().data).toBe("before");
  await vi.waitFor(() => expect(server.read).toHaveBeenCalledTimes(2));
  await server.answer();

  expect(observer.getCurrentResult().data).toBe("after");
  expect(server.read).toHaveBeenCalledTimes(2);
});

it("lets a reading come to its end, however often something changes", async () => {
  const client = new QueryClient();
  const server = makeServer();
  const { reread } = rereading(client);
  const observer = watched(client, server.read);
  await server.answer();
  for (const state of ["one", "two", "three"]) {
    server.state = state;
    reread({ queryKey: ["it"] });
  }
  expect(server.read).toHaveBeenCalledTimes(2);

  await server.answer();
  expect(observer.getCurrentResult().data).toBe("one");
  await vi.waitFor(() => expect(server.read).toHaveBeenCalledTimes(3));
  await server.answer();
  expect(observer.getCurrentResult().data).toBe("three");
});

it("reads what nobody looks at when somebody does again", async () => {
  const client = new QueryClient();
  const server = makeServer();
  const { reread } = rereading(client);
  const observer = watched(client, server.read);
  await server.answer();
  observer.destroy();
  reread({ queryKey: ["it"] });
  expect(server.read).toHaveBeenCalledTimes(1);
  watched(client, server.read);
  expect(server.read).toHaveBeenCalledTimes(2);
});
