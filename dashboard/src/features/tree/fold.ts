/** What is folded and searched for in the tree, in the address. */

import { readFlag, readNumber, readText, readTexts, type RawSearch } from "@/lib/search-params";
import type { Fold } from "./tree";

/** More than so many folds by hand are forgotten with the page: an address has only so much room. */
const MOST_TURNED = 40;

export interface TreeSearch {
  readonly text: string;
  readonly onlyErrors: boolean;
  readonly level: number | undefined;
  readonly turned: readonly string[];
}

export function readTreeSearch(search: RawSearch): TreeSearch {
  const level = readText(search, "tree-level") === "all" ? Infinity : readNumber(search, "tree-level");
  return {
    text: readText(search, "tree-q") ?? "",
    onlyErrors: readFlag(search, "tree-errors") ?? false,
    level: level !== undefined && level >= 0 ? level : undefined,
    turned: readTexts(search, "tree-turned") ?? [],
  };
}

export function withFold(search: RawSearch, fold: Fold): Record<string, unknown> {
  const turned = fold.turned.size > 0 && fold.turned.size <= MOST_TURNED ? [...fold.turned] : undefined;
  return {
    ...search,
    "tree-level": fold.level === Infinity ? "all" : fold.level,
    "tree-turned": turned,
  };
}
