/** The name under which a person answers and asks on this machine. Nobody checks it: there are no accounts. */

import { useId, useSyncExternalStore } from "react";
import { readPreference, writePreference } from "@/ui/preference";

const listeners = new Set<() => void>();
const MOST_CHARACTERS = 255;

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

function setPersonName(name: string): void {
  writePreference("person", name || null);
  for (const listener of listeners) listener();
}

const readPersonName = () => readPreference("person") ?? "";

/** Return the name as it was given, or null where none was. */
export function usePersonName(): string | null {
  return useSyncExternalStore(subscribe, readPersonName).trim() || null;
}

/** A field for the name, the same wherever it stands. */
export function PersonName({ label }: { readonly label: string }) {
  const name = useSyncExternalStore(subscribe, readPersonName);
  const id = useId();
  return (
    <span className="flex min-w-0 items-center gap-2">
      <label htmlFor={id} className="shrink-0 text-xs text-soft">
        {label}
      </label>
      <input
        id={id}
        value={name}
        placeholder="your name"
        dir="auto"
        maxLength={MOST_CHARACTERS}
        spellCheck={false}
        autoComplete="name"
        onChange={(event) => setPersonName(event.target.value)}
        className="h-7 w-36 min-w-0 rounded-md border border-line-strong bg-surface px-2 text-sm outline-none placeholder:text-faint hover:border-control focus:border-focus focus:ring-1 focus:ring-focus max-sm:text-base"
      />
    </span>
  );
}
