import { Ban, Pause, Play } from "lucide-react";
import { useId, useState } from "react";
import { useAsk, type Action } from "@/api/requests";
import type { RunDetail } from "@/api/run";
import { PersonName, usePersonName } from "@/parts/person-name";
import { Button } from "@/ui/button";
import { Dialog } from "@/ui/dialog";
import { useShortcut } from "@/ui/shortcuts";
import { TextArea } from "@/ui/text-area";
import { useSay } from "@/ui/toast";
import { offeredActions } from "./control";

const WORDS: Record<Action, { readonly title: string; readonly action: string; readonly what: string }> = {
  pause: {
    title: "Pause this run?",
    action: "Pause the run",
    what: "The agent is asked to stop and wait, and does so when it next looks. It can be resumed.",
  },
  cancel: {
    title: "Cancel this run?",
    action: "Cancel the run",
    what: "The agent is asked to give up, and does so when it next looks. A run that was cancelled can't go on.",
  },
  resume: { title: "Resume this run?", action: "Resume the run", what: "The agent is told to go on." },
};

/** Buttons that ask the agent of a run which goes on to pause, to go on, or to give up. */
export function RunControl({ run }: { readonly run: RunDetail }) {
  const [asked, setAsked] = useState<Action | null>(null);
  const actions = offeredActions(run);
  const canPause = actions.includes("pause");
  useShortcut(
    { keys: "p", label: canPause ? "Pause the run" : "Resume the run", group: "Run" },
    () => setAsked(canPause ? "pause" : "resume"),
    actions.length > 0,
  );
  if (actions.length === 0) return null;
  return (
    <>
      <span className="mr-2 flex items-center gap-1.5">
        <Button
          icon={canPause ? Pause : Play}
          aria-label={canPause ? "Pause the run" : "Resume the run"}
          onClick={() => setAsked(canPause ? "pause" : "resume")}
          className="px-2"
        >
          <span className="max-sm:hidden">{canPause ? "Pause" : "Resume"}</span>
        </Button>
        <Button icon={Ban} aria-label="Cancel the run" onClick={() => setAsked("cancel")} className="px-2">
          <span className="max-sm:hidden">Cancel</span>
        </Button>
      </span>
      <AskDialog runId={run.run_id} action={asked} onClose={() => setAsked(null)} />
    </>
  );
}

interface AskDialogProps {
  readonly runId: string;
  readonly action: Action | null;
  readonly onClose: () => void;
}

function AskDialog({ runId, action, onClose }: AskDialogProps) {
  return (
    <Dialog
      isOpen={action !== null}
      onOpenChange={(isOpen) => !isOpen && onClose()}
      title={action === null ? "" : WORDS[action].title}
    >
      {action !== null && <AskForm runId={runId} action={action} onClose={onClose} />}
    </Dialog>
  );
}

function AskForm({ runId, action, onClose }: AskDialogProps & { readonly action: Action }) {
  const [why, setWhy] = useState("");
  const who = usePersonName();
  const say = useSay();
  const ask = useAsk(runId);
  const words = WORDS[action];
  const whatId = useId();
  const submit = () =>
    ask.mutate(
      { action, why: why.trim() || null, who },
      {
        onSuccess: () => {
          say(`The agent is asked to ${action}`);
          onClose();
        },
      },
    );
  return (
    <div className="flex flex-col gap-3">
      <p id={whatId} className="text-sm text-soft">
        {words.what}
      </p>
      <TextArea label="Why (optional)" text={why} onText={setWhy} isDisabled={ask.isPending} />
      {ask.error && (
        <p role="alert" className="rounded-md bg-bad-tint px-3 py-2 text-sm break-words text-bad">
          {ask.error.message}
        </p>
      )}
      <div className="mt-1 flex flex-wrap items-center gap-2">
        <PersonName label="As" />
        <span className="ml-auto flex gap-2">
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look={action === "cancel" ? "danger" : "primary"}
            aria-describedby={whatId}
            disabled={ask.isPending}
            onClick={submit}
          >
            {words.action}
          </Button>
        </span>
      </div>
    </div>
  );
}
