import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { useState } from "react";
import { Live } from "@/api/live/live";
import { isPassing } from "@/api/problem";
import { Toasts } from "@/ui/toast";
import { TooltipProvider } from "@/ui/tooltip";
import { makeRouter } from "./router";

const MOST_TRIES = 3;

/** Everything, put together. */
export function App() {
  const [client] = useState(makeQueryClient);
  const [router] = useState(makeRouter);
  return (
    <QueryClientProvider client={client}>
      <Live>
        <TooltipProvider>
          <Toasts>
            <RouterProvider router={router} />
          </Toasts>
        </TooltipProvider>
      </Live>
    </QueryClientProvider>
  );
}

function makeQueryClient(): QueryClient {
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
