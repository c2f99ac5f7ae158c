import { Check, ListFilter } from "lucide-react";
import { DropdownMenu } from "radix-ui";
import { RUN_STATUSES, statusWord } from "@/lib/vocabulary";
import { Button } from "@/ui/button";
import { StatusIcon } from "@/ui/status";

interface StatusFilterProps {
  readonly statuses: readonly string[];
  readonly onStatuses: (statuses: readonly string[]) => void;
}

/** Chooses the statuses that a list shows; none chosen means all. */
export function StatusFilter({ statuses, onStatuses }: StatusFilterProps) {
  // A link may name statuses that only its recorder knows.
  const all = [...new Set([...Object.keys(RUN_STATUSES), ...statuses])];
  const first = statuses[0];
  const label =
    first === undefined
      ? "Status"
      : statuses.length === 1
        ? statusWord(first).label
        : `${statuses.length} statuses`;
  const toggle = (status: string, isOn: boolean) =>
    onStatuses(isOn ? [...statuses, status] : statuses.filter((each) => each !== status));
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>
        <Button icon={ListFilter} className={statuses.length > 0 ? "border-accent text-accent" : "text-soft"}>
          {label}
        </Button>
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="end"
          sideOffset={4}
          className="z-40 min-w-52 rounded-lg bg-raised p-1 text-sm shadow-pop"
        >
          {all.map((status) => (
            <DropdownMenu.CheckboxItem
              key={status}
              checked={statuses.includes(status)}
              onCheckedChange={(isOn) => toggle(status, isOn)}
              // Several are chosen in one go.
              onSelect={(event) => event.preventDefault()}
              className="flex h-8 cursor-default items-center gap-2 rounded-md px-2 outline-none data-highlighted:bg-hover"
            >
              <StatusIcon status={status} />
              {statusWord(status).label}
              <DropdownMenu.ItemIndicator className="ml-auto pl-3">
                <Check aria-hidden size={14} className="text-accent" />
              </DropdownMenu.ItemIndicator>
            </DropdownMenu.CheckboxItem>
          ))}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
