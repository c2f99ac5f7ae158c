/**
 * Keys of the dashboard: whoever mounts a shortcut has it as long as it is mounted, and `?` lists those there are.
 *
 * A shortcut of one letter does nothing while somebody types, or while a dialog is open (WCAG 2.1.4: all of them can
 * be switched off). Of two with the same key the one mounted last counts.
 */

import { useEffect, useLayoutEffect, useRef, useSyncExternalStore } from "react";
import { readPreference, writePreference } from "./preference";

export interface Shortcut {
  /** As `KeyboardEvent.key`, with "Mod+" for Ctrl or Cmd, and "Shift+" where the key itself does not say so. */
  readonly keys: string;
  readonly label: string;
  readonly group: string;
}

interface Mounted extends Shortcut {
  /** Null, where what has the focus takes the keys itself. */
  readonly act: ((event: KeyboardEvent) => void) | null;
}

class ShortcutRegistry {
  #mounted: readonly Mounted[] = [];
  readonly #listeners = new Set<() => void>();

  readonly get = (): readonly Mounted[] => this.#mounted;
  readonly subscribe = (listener: () => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  mount(shortcut: Mounted): () => void {
    this.#set([...this.#mounted, shortcut]);
    return () => this.#set(this.#mounted.filter((each) => each !== shortcut));
  }

  #set(mounted: readonly Mounted[]): void {
    this.#mounted = mounted;
    for (const listener of this.#listeners) listener();
  }
}

const registry = new ShortcutRegistry();

/** Have a shortcut while the component is mounted and `isActive`. */
export function useShortcut(shortcut: Shortcut, act: (event: KeyboardEvent) => void, isActive = true): void {
  // Before anything is painted: what a person sees must have its keys.
  const latest = useRef(act);
  useLayoutEffect(() => {
    latest.current = act;
  });
  const { keys, label, group } = shortcut;
  useLayoutEffect(
    () =>
      isActive ? registry.mount({ keys, label, group, act: (event) => latest.current(event) }) : undefined,
    [keys, label, group, isActive],
  );
}

/** Let `?` tell keys that the part of the page which has the focus takes by itself; `shortcuts` must stay the same. */
export function useToldKeys(shortcuts: readonly Shortcut[]): void {
  useEffect(() => {
    const unmount = shortcuts.map((shortcut) => registry.mount({ ...shortcut, act: null }));
    return () => unmount.forEach((each) => each());
  }, [shortcuts]);
}

/** Return the shortcuts that there are now. */
export function useShortcuts(): readonly Shortcut[] {
  return useSyncExternalStore(registry.subscribe, registry.get);
}

export function areLetterKeysOn(): boolean {
  return readPreference("letter-keys") !== "off";
}

export function setLetterKeys(areOn: boolean): void {
  writePreference("letter-keys", areOn ? null : "off");
}

/** Listens for all shortcuts; mounted once, by the shell. */
export function useShortcutListener(): void {
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (event.defaultPrevented || event.isComposing) return;
      const keys = keysOf(event);
      const act = registry.get().findLast((each) => each.keys === keys && each.act !== null)?.act;
      if (!act || (!keys.startsWith("Mod+") && !mayActOnLetter(event))) return;
      event.preventDefault();
      act(event);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
}

export function keysOf(
  event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "shiftKey" | "altKey">,
): string {
  const mod = event.ctrlKey || event.metaKey ? "Mod+" : "";
  const alt = event.altKey ? "Alt+" : "";
  // A capital or a sign says by itself that shift was held.
  const shift = event.shiftKey && event.key.length > 1 ? "Shift+" : "";
  return `${mod}${alt}${shift}${mod ? event.key.toLowerCase() : event.key}`;
}

function mayActOnLetter(event: KeyboardEvent): boolean {
  const target = event.target;
  if (target instanceof HTMLElement) {
    if (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName)) return false;
    // What has a use for these keys itself keeps them.
    if (/^(Enter| )$/.test(event.key) && target.closest("button, a, summary, [role=button]")) return false;
    if (target.closest("[role=dialog], [role=menu], [role=listbox]")) return false;
  }
  return event.key.length > 1 || areLetterKeysOn();
}
