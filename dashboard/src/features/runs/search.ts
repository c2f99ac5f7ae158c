import { RUN_SORTS, type RunSort } from "@/api/runs";
import { given, readText, readTexts, readWord, type RawSearch } from "@/lib/search-params";

/** Which runs a list shows; the names are those of `GET /api/runs`. */
export interface RunsSearch {
  readonly q?: string;
  readonly agent?: string;
  readonly status?: string[];
  readonly session?: string;
  readonly environment?: string;
  readonly mode?: string;
  readonly tag?: string;
  readonly parent?: string;
  readonly since?: string;
  readonly until?: string;
  readonly errors?: "yes" | "no";
  readonly unpriced?: "yes" | "no";
  readonly sort?: RunSort;
  readonly order?: "asc" | "desc";
}

const YES_NO = ["yes", "no"] as const;

export function readRunsSearch(search: RawSearch): RunsSearch {
  return given({
    q: readText(search, "q"),
    agent: readText(search, "agent"),
    status: readTexts(search, "status"),
    session: readText(search, "session"),
    environment: readText(search, "environment"),
    mode: readText(search, "mode"),
    tag: readText(search, "tag"),
    parent: readText(search, "parent"),
    since: readText(search, "since"),
    until: readText(search, "until"),
    errors: readWord(search, "errors", YES_NO),
    unpriced: readWord(search, "unpriced", YES_NO),
    sort: readWord(search, "sort", RUN_SORTS),
    order: readWord(search, "order", ["asc", "desc"] as const),
  });
}
