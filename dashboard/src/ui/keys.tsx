import { classNames } from "./class-names";

const IS_MAC = typeof navigator !== "undefined" && /mac|iphone|ipad/i.test(navigator.platform);

/** A shortcut as keys: "Mod+K", "j", "Shift+ArrowDown". */
export function Keys({ keys, isInverted = false }: { readonly keys: string; readonly isInverted?: boolean }) {
  return (
    <span className="inline-flex shrink-0 gap-0.5">
      {partsOf(keys).map((key) => (
        <kbd
          key={key}
          className={classNames(
            "inline-flex h-4.5 min-w-4.5 items-center justify-center rounded-sm border px-1 font-sans text-2xs",
            isInverted ? "border-page/30 text-page" : "border-line-strong bg-surface text-soft",
          )}
        >
          {nameOf(key)}
        </kbd>
      ))}
    </span>
  );
}

function partsOf(keys: string): string[] {
  if (keys === "+") return [keys];
  return keys.split("+").flatMap((key) => (/^\p{Lu}$/u.test(key) ? ["Shift", key] : [key]));
}

function nameOf(key: string): string {
  const names: Record<string, string> = {
    Mod: IS_MAC ? "⌘" : "Ctrl",
    Shift: "⇧",
    ArrowUp: "↑",
    ArrowDown: "↓",
    ArrowLeft: "←",
    ArrowRight: "→",
    Enter: "↵",
    " ": "Space",
    Escape: "Esc",
  };
  return names[key] ?? (key.length === 1 ? key.toUpperCase() : key);
}
