/** What a person prefers on this machine: theme, widths of panes. Nothing here is needed for a link to work. */

const PREFIX = "runreel.";

export function readPreference(name: string): string | null {
  try {
    return localStorage.getItem(PREFIX + name);
  } catch {
    // Storage may be forbidden; every preference has a default.
    return null;
  }
}

export function writePreference(name: string, value: string | null): void {
  try {
    if (value === null) localStorage.removeItem(PREFIX + name);
    else localStorage.setItem(PREFIX + name, value);
  } catch {
    // As above: it is forgotten when the page is closed.
  }
}
