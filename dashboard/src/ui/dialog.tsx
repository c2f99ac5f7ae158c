import { X } from "lucide-react";
import { Dialog as Radix } from "radix-ui";
import { useState, type ReactNode } from "react";
import { Button, IconButton } from "./button";

interface DialogProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  readonly children: ReactNode;
  /** The classes of its width. */
  readonly width?: string;
}

/** A dialog over the page; Escape and the veil close it, and the focus goes back to where it was. */
export function Dialog({ isOpen, onOpenChange, title, children, width = "max-w-md" }: DialogProps) {
  return (
    <Radix.Root open={isOpen} onOpenChange={onOpenChange}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-veil" />
        <Radix.Content
          aria-describedby={undefined}
          // The first button would show its explanation to somebody who asked for none.
          onOpenAutoFocus={(event) => {
            event.preventDefault();
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
          }}
          className={`fixed top-[12vh] left-1/2 z-40 flex max-h-[76vh] w-[calc(100vw-2rem)] -translate-x-1/2 flex-col rounded-lg bg-raised shadow-pop outline-none ${width}`}
        >
          <div className="flex items-center gap-2 pt-3.5 pr-3 pl-5">
            <Radix.Title className="min-w-0 flex-1 text-lg font-semibold tracking-tight">{title}</Radix.Title>
            <Radix.Close asChild>
              <IconButton icon={X} label="Close" />
            </Radix.Close>
          </div>
          <div className="min-h-0 overflow-auto px-5 pt-2 pb-5">{children}</div>
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

interface ConfirmProps {
  readonly isOpen: boolean;
  readonly onOpenChange: (isOpen: boolean) => void;
  readonly title: string;
  readonly children: ReactNode;
  /** What the button does, as a verb with its object: "Delete 3 runs". */
  readonly action: string;
  readonly onConfirm: () => Promise<unknown>;
}

/** Asks before something is done that can't be undone. It stays open while that is done, and says if it fails. */
export function Confirm({ isOpen, onOpenChange, title, children, action, onConfirm }: ConfirmProps) {
  const [isBusy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string | null>(null);
  const change = (next: boolean) => {
    setFailure(null);
    onOpenChange(next);
  };
  const confirm = async () => {
    setBusy(true);
    setFailure(null);
    try {
      await onConfirm();
      onOpenChange(false);
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    } finally {
      setBusy(false);
    }
  };
  return (
    <Dialog isOpen={isOpen} onOpenChange={change} title={title}>
      <div className="text-sm text-soft">{children}</div>
      {failure && (
        <p role="alert" className="mt-3 rounded-md bg-bad-tint px-3 py-2 text-sm text-bad">
          {failure}
        </p>
      )}
      <div className="mt-5 flex justify-end gap-2">
        <Button onClick={() => change(false)}>Keep</Button>
        <Button look="danger" disabled={isBusy} onClick={() => void confirm()}>
          {action}
        </Button>
      </div>
    </Dialog>
  );
}
