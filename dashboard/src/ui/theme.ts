/** The theme: light, dark, or that of the system. `public/start.js` sets it before the first paint by the same rule. */

import { useSyncExternalStore } from "react";
import { readPreference, writePreference } from "./preference";

export const THEMES = ["system", "light", "dark"] as const;
export type Theme = (typeof THEMES)[number];

const listeners = new Set<() => void>();
const systemIsDark = () => matchMedia("(prefers-color-scheme: dark)");

function getTheme(): Theme {
  const kept = readPreference("theme");
  return THEMES.find((theme) => theme === kept) ?? "system";
}

export function setTheme(theme: Theme): void {
  writePreference("theme", theme === "system" ? null : theme);
  apply();
}

function apply(): void {
  const theme = getTheme();
  const isDark = theme === "dark" || (theme === "system" && systemIsDark().matches);
  document.documentElement.dataset["theme"] = isDark ? "dark" : "light";
  for (const listener of listeners) listener();
}

/** Return the chosen theme, and follow the system's and that of other tabs. */
export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, getTheme);
}

function subscribe(listener: () => void): () => void {
  if (listeners.size === 0) {
    systemIsDark().addEventListener("change", apply);
    window.addEventListener("storage", apply);
  }
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      systemIsDark().removeEventListener("change", apply);
      window.removeEventListener("storage", apply);
    }
  };
}
