import { Check, Monitor, Moon, Sun, type LucideIcon } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { IconButton } from "@/ui/button";
import { setTheme, useTheme, type Theme } from "@/ui/theme";

const THEMES: readonly { readonly theme: Theme; readonly label: string; readonly icon: LucideIcon }[] = [
  { theme: "system", label: "As the system", icon: Monitor },
  { theme: "light", label: "Light", icon: Sun },
  { theme: "dark", label: "Dark", icon: Moon },
];

/** Chooses the theme. */
export function ThemeMenu() {
  const current = useTheme();
  const icon = THEMES.find(({ theme }) => theme === current)?.icon ?? Monitor;
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <IconButton icon={icon} label="Theme" />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={6}
          className="z-40 min-w-44 rounded-lg bg-raised p-1 text-sm shadow-pop"
        >
          <DropdownMenu.RadioGroup value={current} onValueChange={(theme) => setTheme(theme as Theme)}>
            {THEMES.map(({ theme, label, icon: Icon }) => (
              <DropdownMenu.RadioItem
                key={theme}
                value={theme}
                className="flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
              >
                <Icon aria-hidden size={15} className="text-soft" />
                {label}
                <DropdownMenu.ItemIndicator className="ml-auto">
                  <Check aria-hidden size={14} className="text-accent" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
