import { RUN_SORTS, type RunSort } from "@/api/runs";
import { PERIODS } from "@/lib/period";
import { given, readNumber, readText, readTexts, readWord, type RawSearch } from "@/lib/search-params";

export const USUAL_DAYS = 14;

export interface AgentSearch {
  readonly days?: number;
  readonly q?: string;
  readonly status?: string[];
  readonly since?: string;
  readonly until?: string;
  readonly sort?: RunSort;
  readonly order?: "asc" | "desc";
}

export function readAgentSearch(search: RawSearch): AgentSearch {
  const days = readNumber(search, "days");
  return given({
    days: PERIODS.find((period) => period === days && period !== USUAL_DAYS),
    q: readText(search, "q"),
    status: readTexts(search, "status"),
    since: readText(search, "since"),
    until: readText(search, "until"),
    sort: readWord(search, "sort", RUN_SORTS),
    order: readWord(search, "order", ["asc", "desc"] as const),
  });
}
