import { useId, useState } from "react";
import { Checkbox } from "@/ui/checkbox";
import { Dialog } from "@/ui/dialog";
import { Keys } from "@/ui/keys";
import { areLetterKeysOn, setLetterKeys, useShortcuts, type Shortcut } from "@/ui/shortcuts";

interface KeysDialogProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
}

/** All keys that do something on the page as it is. */
export function KeysDialog({ isOpen, onOpenChange }: KeysDialogProps) {
  return (
    <Dialog isOpen={isOpen} onOpenChange={onOpenChange} title="Keys" width="max-w-2xl">
      <KeysList />
    </Dialog>
  );
}

function KeysList() {
  const groups = grouped(useShortcuts());
  const [areOn, setOn] = useState(areLetterKeysOn);
  const boxId = useId();
  const turn = (next: boolean) => {
    setLetterKeys(next);
    setOn(next);
  };
  return (
    <>
      <div className="gap-8 sm:columns-2">
        {groups.map(([group, shortcuts]) => (
          <section key={group} className="mb-5 break-inside-avoid">
            <h3 className="mb-1.5 text-xs font-semibold text-faint">{group}</h3>
            <dl>
              {shortcuts.map(({ keys, label }) => (
                <div key={keys} className="flex h-8 items-center justify-between border-b border-line">
                  <dt className="text-sm">{label}</dt>
                  <dd>
                    <Keys keys={keys} />
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <div className="mt-4 flex items-center gap-2 text-sm text-soft">
        <Checkbox id={boxId} isOn={areOn} onToggle={turn} />
        <label htmlFor={boxId}>Keys of a single letter</label>
      </div>
    </>
  );
}

function grouped(shortcuts: readonly Shortcut[]): [string, Shortcut[]][] {
  const groups = new Map<string, Map<string, Shortcut>>();
  for (const shortcut of shortcuts) {
    const group = groups.get(shortcut.group) ?? new Map<string, Shortcut>();
    groups.set(shortcut.group, group.set(shortcut.keys, shortcut));
  }
  return [...groups].map(([group, each]) => [group, [...each.values()]]);
}
