/** The addresses of the dashboard. Their first segments are those that `server/dashboard_routes.py` names. */

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
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
import { RUN_PANELS, RUN_VIEWS, viewOf } from "./run-views";
import { Shell } from "./shell";

/** Views read their own parameters, each by the readers of `lib/search-params`. */
const anySearch = (search: RawSearch): RawSearch => search;

interface Context {
  readonly client: QueryClient;
}

/** Ask for a run and for the code of a view of it, as soon as it is known that they are wanted. */
function loadRun(client: QueryClient, runId: string, viewId: string): void {
  const run = readRun(runId);
  if (client.getQueryState(run.queryKey) === undefined) void client.prefetchQuery(run);
  // What keeps it from coming is told where the view is shown.
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
  beforeLoad: ({ context, params }) => loadRun(context.client, params.runId, "timeline"),
  component: function Run() {
    const { runId } = run.useParams();
    return <RunPage key={runId} runId={runId} viewId="timeline" views={RUN_VIEWS} panels={RUN_PANELS} />;
  },
});

const runView = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId/$view",
  validateSearch: anySearch,
  beforeLoad: ({ context, params }) => loadRun(context.client, params.runId, params.view),
  component: function RunView() {
    const { runId, view } = runView.useParams();
    return <RunPage key={runId} runId={runId} viewId={view} views={RUN_VIEWS} panels={RUN_PANELS} />;
  },
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
  run,
  runView,
  sessions,
  session,
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
