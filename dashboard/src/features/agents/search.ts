import { AGENT_SORTS, type AgentSort } from "@/api/agents";
import { readText, readWord, type RawSearch } from "@/lib/search-params";

export interface AgentsSearch {
  readonly q?: string;
  readonly sort?: AgentSort;
}

export function readAgentsSearch(search: RawSearch): AgentsSearch {
  const q = readText(search, "q");
  const sort = readWord(search, "sort", AGENT_SORTS);
  return { ...(q ? { q } : {}), ...(sort && sort !== "last_run" ? { sort } : {}) };
}
