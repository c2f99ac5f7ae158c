import { CircleAlert, CircleCheck, X } from "lucide-react";
import { createContext, useCallback, useContext, useMemo, useState, type ReactNode } from "react";
import { IconButton } from "./button";

interface Toast {
  readonly id: number;
  readonly text: ReactNode;
  readonly tone: "good" | "bad";
}

type Say = (text: ReactNode, tone?: Toast["tone"]) => void;

const Saying = createContext<Say>(() => undefined);

const SHOWN_MS = 5_000;
const MOST = 3;
let nextId = 1;

/** Shows short messages about what was done; an error stays until it is closed. */
export function Toasts({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const close = useCallback((id: number) => setToasts((all) => all.filter((toast) => toast.id !== id)), []);
  const say = useCallback<Say>(
    (text, tone = "good") => {
      const id = nextId++;
      setToasts((all) => [...all, { id, text, tone }].slice(-MOST));
      if (tone === "good") setTimeout(() => close(id), SHOWN_MS);
    },
    [close],
  );
  return (
    <Saying value={useMemo(() => say, [say])}>
      {children}
      <div
        role="status"
        aria-live="polite"
        className="pointer-events-none fixed inset-x-0 bottom-16 z-50 flex flex-col items-center gap-2 px-4 sm:inset-x-auto sm:right-4 sm:bottom-4 sm:items-end"
      >
        {toasts.map((toast) => (
          <div
            key={toast.id}
            className="pointer-events-auto flex max-w-md animate-appear items-start gap-2 rounded-lg bg-raised py-2 pr-1.5 pl-3 text-sm shadow-pop"
          >
            {toast.tone === "good" ? (
              <CircleCheck aria-hidden size={16} className="mt-1 shrink-0 text-good" />
            ) : (
              <CircleAlert aria-hidden size={16} className="mt-1 shrink-0 text-bad" />
            )}
            <div className="min-w-0 py-0.5 break-words">{toast.text}</div>
            <IconButton icon={X} label="Close" onClick={() => close(toast.id)} className="-my-0.5" />
          </div>
        ))}
      </div>
    </Saying>
  );
}

/** Return the function that shows a message. */
export function useSay(): Say {
  return useContext(Saying);
}
