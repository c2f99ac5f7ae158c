import { Tooltip as Radix } from "radix-ui";
import type { ReactNode } from "react";
import { Keys } from "./keys";

interface TooltipProps {
  readonly text: ReactNode;
  readonly keys?: string;
  /** The element that it explains; it must take a ref. */
  readonly children: ReactNode;
  readonly side?: "top" | "right" | "bottom" | "left";
}

/** Explains an element to those who point at it or focus it. It must not hold what can't be found elsewhere. */
export function Tooltip({ text, keys, children, side = "bottom" }: TooltipProps) {
  return (
    <Radix.Root delayDuration={350}>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal>
        <Radix.Content
          side={side}
          sideOffset={6}
          collisionPadding={8}
          className="z-50 flex max-w-80 items-center gap-2 rounded-md bg-text px-2 py-1 text-xs text-page shadow-pop"
        >
          {text}
          {keys && <Keys keys={keys} isInverted />}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export const TooltipProvider = Radix.Provider;
