/** The addresses of the dashboard. Their first segments are those that `server/dashboard_routes.py` names. */

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
  useParams,
} from "@tanstack/react-router";
import type { QueryClient } from "@tanstack/react-query";
import { basePath } from "@/api/base";
import { readRun } from "@/api/run";
import { AgentsPage } from "@/features/agents/agents-page";
import { readAgentsSearch } from "@/features/agents/search";
import { readAgentSearch } from "@/features/agent/search";
import { NamedRunPage } from "@/features/run/named-run-page";
import { RunPage } from "@/features/run/run-page";
import { readRunsSearch } from "@/features/runs/search";
import { parseSearch, stringifySearch, type RawSearch } from "@/lib/search-params";
import { NotFoundPage } from "./not-found-page";
import { PLAYHEAD, RUN_PANELS, RUN_VIEWS, viewOf } from "./run-views";
import { Shell } from "./shell";

/** Views read their own parameters, each by the readers of `lib/search-params`. */
const anySearch = (search: RawSearch): RawSearch => search;

interface Context {
  readonly client: QueryClient;
}

/** Ask for a run as soon as it is known that it is wanted. */
function loadRun(client: QueryClient, runId: string): void {
  const run = readRun(runId);
  if (client.getQueryState(run.queryKey) === undefined) void client.prefetchQuery(run);
}

/** Ask for the code of a view, which is shown where the run is. What keeps it from coming is told there. */
function loadView(viewId: string): void {
  viewOf(viewId)
    ?.view.load()
    .catch(() => undefined);
}

const root = createRootRouteWithContext<Context>()({ component: Shell, notFoundComponent: NotFoundPage });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  beforeLoad: () => {
    throw redirect({ to: "/agents", replace: true });
  },
});

const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  validateSearch: readAgentsSearch,
  component: AgentsPage,
});

const agent = createRoute({
  getParentRoute: () => root,
  path: "/agents/$agentName",
  validateSearch: readAgentSearch,
  component: lazyRouteComponent(() => import("@/features/agent/agent-page")),
});

const namedRun = createRoute({
  getParentRoute: () => root,
  path: "/agents/$agentName/runs/$runName",
  component: function NamedRun() {
    return <NamedRunPage {...namedRun.useParams()} />;
  },
});

const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: readRunsSearch,
  component: lazyRouteComponent(() => import("@/features/runs/runs-page")),
});

const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: anySearch,
  beforeLoad: ({ context, params }) => loadRun(context.client, params.runId),
  component: function Run() {
    const { runId, view = "timeline" } = useParams({ strict: false });
    if (runId === undefined) return null;
    return (
      <RunPage
        key={runId}
        runId={runId}
        viewId={view}
        views={RUN_VIEWS}
        panels={RUN_PANELS}
        playhead={PLAYHEAD}
      />
    );
  },
});

/** The page of the run stays while its views take turns, so it reads by itself which one is meant. */
const runView = createRoute({
  getParentRoute: () => run,
  path: "$view",
  beforeLoad: ({ params }) => loadView(params.view),
});

const firstView = createRoute({
  getParentRoute: () => run,
  path: "/",
  beforeLoad: () => loadView("timeline"),
});

const sessions = createRoute({
  getParentRoute: () => root,
  path: "/sessions",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/sessions/sessions-page")),
});

const session = createRoute({
  getParentRoute: () => root,
  path: "/sessions/$sessionId",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/sessions/session-page")),
});

const approvals = createRoute({
  getParentRoute: () => root,
  path: "/approvals",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/approvals/approvals-page")),
});

const metrics = createRoute({
  getParentRoute: () => root,
  path: "/stats",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/metrics/metrics-page")),
});

const imports = createRoute({
  getParentRoute: () => root,
  path: "/imports",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/imports/imports-page")),
});

const importReport = createRoute({
  getParentRoute: () => root,
  path: "/imports/$importId",
  validateSearch: anySearch,
  component: lazyRouteComponent(() => import("@/features/imports/import-page")),
});

const routeTree = root.addChildren([
  home,
  agents,
  agent,
  namedRun,
  runs,
  run.addChildren([firstView, runView]),
  sessions,
  session,
  approvals,
  metrics,
  imports,
  importReport,
]);

export type Router = ReturnType<typeof makeRouter>;

export function makeRouter(client: QueryClient) {
  return createRouter({
    routeTree,
    context: { client },
    basepath: basePath() || "/",
    parseSearch,
    stringifySearch,
    // A trailing slash belongs to a name as little as to an address.
    trailingSlash: "never",
    defaultPreload: false,
    scrollRestoration: false,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: Router;
  }
}
