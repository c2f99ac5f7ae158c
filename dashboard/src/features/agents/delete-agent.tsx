import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { agentKeys, deleteAgent, type Agent } from "@/api/agents";
import { runKeys } from "@/api/runs";
import { formatNumberOf } from "@/lib/format";
import { Confirm } from "@/ui/dialog";
import { useSay } from "@/ui/toast";

interface DeleteAgentProps {
  /** The agent to ask about, or null. */
  readonly agent: Agent | null;
  readonly onClose: () => void;
}

/** Asks, and deletes an agent with all its runs. */
export function DeleteAgent({ agent, onClose }: DeleteAgentProps) {
  const client = useQueryClient();
  const say = useSay();
  // What is shown stays while the dialog goes away.
  const [shown, setShown] = useState(agent);
  if (agent && agent !== shown) setShown(agent);
  if (shown === null) return null;
  const remove = async () => {
    const report = await deleteAgent(shown.agent_name);
    await Promise.all([
      client.invalidateQueries({ queryKey: agentKeys.all }),
      client.invalidateQueries({ queryKey: runKeys.all }),
    ]);
    say(
      <>
        <bdi className="font-medium">{shown.agent_name}</bdi> and {formatNumberOf(report.deleted_runs, "run")}{" "}
        deleted
      </>,
    );
  };
  return (
    <Confirm
      isOpen={agent !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title="Delete this agent?"
      action={`Delete with ${formatNumberOf(shown.total_runs, "run")}`}
      onConfirm={remove}
    >
      <p>
        <bdi className="font-medium break-words text-text">{shown.agent_name}</bdi>, its{" "}
        {formatNumberOf(shown.total_runs, "run")} and {formatNumberOf(shown.total_events, "event")} are
        deleted for ever. What is recorded later of these runs is refused.
      </p>
    </Confirm>
  );
}
