import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { Live } from "@/api/live/live";
import { isPassing } from "@/api/problem";
import { Toasts } from "@/ui/toast";
import type { Router } from "./router";

const MOST_TRIES = 3;

interface AppProps {
  readonly client: QueryClient;
  readonly router: Router;
}

/** Everything, put together. */
export function App({ client, router }: AppProps) {
  return (
    <QueryClientProvider client={client}>
      <Live>
        <Toasts>
          <RouterProvider router={router} />
        </Toasts>
      </Live>
    </QueryClientProvider>
  );
}

export function makeQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        // What changes is told by the event stream; to look away and back is no reason to ask again.
        staleTime: 30_000,
        refetchOnWindowFocus: false,
        retry: (tries, error) => isPassing(error) && tries < MOST_TRIES,
        retryDelay: (tries) => Math.min(4_000, 300 * 2 ** tries),
      },
    },
  });
}
