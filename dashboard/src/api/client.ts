/** The typed client of the HTTP API; every request of the dashboard goes through it. */

import createClient, { type Client } from "openapi-fetch";
import { baseUrl } from "./base";
import { fetchEarly } from "./early";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

let client: Client<paths> | undefined;

export function api(): Client<paths> {
  // Made when first asked for: modules are also loaded where there is no document.
  client ??= createClient<paths>({ baseUrl: baseUrl().replace(/\/$/, ""), fetch: fetchEarly });
  return client;
}

/** Return the `cursor` or `offset` that the `Link` header leads to; the rest of the address is the reader's own. */
export function nextOf(response: Response, parameter: "cursor" | "offset"): string | undefined {
  const link = response.headers.get("link")?.match(/<([^>]*)>;\s*rel="next"/)?.[1];
  return link === undefined
    ? undefined
    : (new URL(link, "http://any").searchParams.get(parameter) ?? undefined);
}

/** The reader's time zone, in which days begin. */
export function timeZone(): string {
  return Intl.DateTimeFormat().resolvedOptions().timeZone || "UTC";
}
