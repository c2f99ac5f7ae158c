import { useQueryClient } from "@tanstack/react-query";
import { Trash2, X } from "lucide-react";
import { useState } from "react";
import { agentKeys } from "@/api/agents";
import { deleteRuns, runKeys, type Run } from "@/api/runs";
import { formatNumberOf } from "@/lib/format";
import { Button, IconButton } from "@/ui/button";
import { Confirm } from "@/ui/dialog";
import { useShortcut } from "@/ui/shortcuts";
import { useSay } from "@/ui/toast";

interface PickedRunsProps {
  readonly runs: readonly Run[];
  readonly onClear: () => void;
}

const SHOWN = 5;

/** What can be done with the runs that were picked. */
export function PickedRuns({ runs, onClear }: PickedRunsProps) {
  const [isAsking, setAsking] = useState(false);
  const client = useQueryClient();
  const say = useSay();
  const hasAny = runs.length > 0;
  useShortcut({ keys: "Escape", label: "Pick nothing", group: "Tables" }, onClear, hasAny);
  if (!hasAny) return null;
  const many = formatNumberOf(runs.length, "run");
  const remove = async () => {
    const deleted = await deleteRuns(runs.map((run) => run.run_id));
    onClear();
    await Promise.all([
      client.invalidateQueries({ queryKey: runKeys.all }),
      client.invalidateQueries({ queryKey: agentKeys.all }),
    ]);
    say(`${formatNumberOf(deleted, "run")} deleted`);
  };
  return (
    <div className="flex shrink-0 animate-appear items-center gap-3 border-t border-line bg-surface px-4 py-2 sm:px-5">
      <span role="status" className="figure text-sm font-medium">
        {many} picked
      </span>
      <IconButton icon={X} label="Pick nothing" keys="Escape" onClick={onClear} />
      <Button look="plain" icon={Trash2} className="ml-auto text-bad" onClick={() => setAsking(true)}>
        Delete…
      </Button>
      <Confirm
        isOpen={isAsking}
        onOpenChange={setAsking}
        title={`Delete ${many}?`}
        action={`Delete ${many}`}
        onConfirm={remove}
      >
        <ul className="mb-2 text-text">
          {runs.slice(0, SHOWN).map((run) => (
            <li key={run.run_id} className="flex min-w-0 gap-2">
              <span className="name-text font-medium">{run.run_name ?? "new run"}</span>
              <span className="name-text text-soft">{run.agent_name}</span>
            </li>
          ))}
          {runs.length > SHOWN && <li className="text-soft">and {runs.length - SHOWN} more</li>}
        </ul>
        All that was recorded of them is deleted for ever. What is recorded later of them is refused.
      </Confirm>
    </div>
  );
}
