/**
 * What is selected in a run. All views of a run share it, and it stands in the address.
 *
 * At most one thing is selected: to select an event lets go of a node. `node` alone opens the node panel; an event
 * that was selected within a node keeps it, so that going back leads there.
 */

import { given, readText, type RawSearch } from "./search-params";

export interface Selection {
  readonly event?: string;
  readonly node?: string;
  readonly message?: string;
  readonly file?: string;
}

export function readSelection(search: RawSearch): Selection {
  return given({
    event: readText(search, "event"),
    node: readText(search, "node"),
    message: readText(search, "message"),
    file: readText(search, "file"),
  });
}

/** Return a search with another selection; all else in it stays. */
export function withSelection(search: RawSearch, selection: Selection): Record<string, unknown> {
  const { event: _event, node: _node, message: _message, file: _file, ...rest } = search;
  return { ...rest, ...selection };
}

export function isSelected(selection: Selection): boolean {
  return Object.keys(selection).length > 0;
}
