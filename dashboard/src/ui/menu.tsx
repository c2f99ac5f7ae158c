import { DropdownMenu } from "radix-ui";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { classNames } from "./class-names";

interface MenuProps {
  /** The button that opens it. */
  readonly trigger: ReactNode;
  readonly children: ReactNode;
}

/** Actions behind a button. */
export function Menu({ trigger, children }: MenuProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          collisionPadding={8}
          className="z-40 min-w-44 rounded-lg bg-raised p-1 text-sm shadow-pop"
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface MenuItemProps {
  readonly icon: LucideIcon;
  readonly children: ReactNode;
  readonly onSelect: () => void;
  readonly isDangerous?: boolean;
}

export function MenuItem({ icon: Icon, children, onSelect, isDangerous = false }: MenuItemProps) {
  return (
    <DropdownMenu.Item
      onSelect={onSelect}
      className={classNames(
        "flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover",
        isDangerous && "text-bad",
      )}
    >
      <Icon aria-hidden size={15} className={isDangerous ? "" : "text-soft"} />
      {children}
    </DropdownMenu.Item>
  );
}
