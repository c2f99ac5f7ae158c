import { useEffect, useId, useRef, useState, type KeyboardEvent, type ReactNode } from "react";
import { urlOf } from "@/api/base";
import { ProblemError } from "@/api/problem";
import { useRenameRun } from "@/api/rename";
import { normalName, runNameFault } from "@/lib/name";
import { classNames } from "@/ui/class-names";
import { useSay } from "@/ui/toast";

interface EditNameProps {
  readonly runId: string;
  readonly name: string;
  /** Leave the field, with or without another name. */
  readonly onClose: () => void;
  /** Whether on a phone what is wrong moves down what is below it, instead of covering it. */
  readonly makesRoom?: boolean;
  readonly className?: string;
}

/**
 * The name of a run as a field: Enter keeps it, Escape does not, and leaving the field keeps what can be kept.
 *
 * What is wrong with a name is said as it is typed, by the server's rules. A taken name is the server's to know: the
 * field stays, and says which run has it.
 */
export function EditName({ runId, name, onClose, makesRoom = false, className }: EditNameProps) {
  const [typed, setTyped] = useState(name);
  const field = useRef<HTMLInputElement>(null);
  const noteId = useId();
  const say = useSay();
  const isDone = useRef(false);
  const refused = useRef<ReactNode>(null);
  const finish = () => {
    isDone.current = true;
    onClose();
  };
  const rename = useRenameRun({
    onRenamed: (newName) => {
      say(renamedTo(newName));
      if (field.current) finish();
    },
    onRefused: (error, renaming) => {
      refused.current = notRenamed(renaming.name, refusalOf(error));
      if (field.current) field.current.focus();
      else say(refused.current, "bad");
    },
  });
  useEffect(() => field.current?.select(), []);
  // Whoever goes to another page takes along what this one could not tell any more.
  useEffect(
    () => () => {
      if (!isDone.current && refused.current) say(refused.current, "bad");
    },
    [say],
  );
  const isChanged = normalName(typed) !== name;
  const fault = isChanged ? runNameFault(typed) : null;
  const refusal = rename.isError && rename.variables.newName === typed ? refusalOf(rename.error) : null;
  const note = fault ?? refusal;

  const save = () => {
    if (isDone.current || rename.isPending) return;
    if (!isChanged) finish();
    else if (fault === null) rename.mutate({ runId, name, newName: typed });
  };
  const leave = () => {
    if (isDone.current || rename.isPending) return;
    // Whoever leaves with an unusable name gets the former one back.
    if (fault !== null || refusal !== null) finish();
    else save();
  };
  const press = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Enter" && !event.nativeEvent.isComposing) {
      event.preventDefault();
      save();
    } else if (event.key === "Escape") {
      event.preventDefault();
      finish();
    }
  };
  return (
    <span
      className={classNames(
        "relative z-[2] flex min-w-0 flex-1 items-center",
        makesRoom && "max-sm:flex-col max-sm:items-start",
        className,
      )}
    >
      <input
        ref={field}
        autoFocus
        aria-label={`New name of ${name}`}
        aria-invalid={note !== null}
        aria-describedby={note ? noteId : undefined}
        value={typed}
        dir="auto"
        spellCheck={false}
        autoComplete="off"
        readOnly={rename.isPending}
        onChange={(event) => {
          refused.current = null;
          setTyped(event.target.value);
        }}
        onKeyDown={press}
        onBlur={leave}
        className={classNames(
          "h-7 w-full min-w-32 rounded-sm border bg-surface px-1.5 text-sm font-medium outline-none focus:ring-1",
          note ? "border-bad focus:ring-bad" : "border-focus focus:ring-focus",
        )}
      />
      {note && (
        <span
          id={noteId}
          role="alert"
          // A link in it must get its click before the field is left.
          onPointerDown={(event) => event.preventDefault()}
          className={classNames(
            "absolute top-full left-0 z-20 mt-1 w-max max-w-80 rounded-md bg-raised px-2.5 py-1.5 text-xs whitespace-normal text-bad shadow-pop",
            makesRoom && "max-sm:static max-sm:max-w-full",
          )}
        >
          {note}
        </span>
      )}
    </span>
  );
}

function renamedTo(name: string): ReactNode {
  return (
    <>
      Renamed to <bdi className="font-medium">{name}</bdi>
    </>
  );
}

function notRenamed(name: string, why: ReactNode): ReactNode {
  return (
    <>
      <bdi className="font-medium">{name}</bdi> keeps its name. {why}
    </>
  );
}

function refusalOf(error: Error): ReactNode {
  if (!(error instanceof ProblemError) || error.runId === undefined) return error.message;
  return (
    <>
      Another run has this name.{" "}
      {/* A message stands outside of the router's pages, so this is no link of its. */}
      <a href={urlOf(`runs/${encodeURIComponent(error.runId)}`)} className="font-medium underline">
        Show that run
      </a>
    </>
  );
}
