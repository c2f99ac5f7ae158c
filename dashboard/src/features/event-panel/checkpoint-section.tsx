import { Flag } from "lucide-react";
import { CopyButton } from "@/ui/copy";

/** From where the work can go on. */
export function CheckpointSection({ reference }: { readonly reference: unknown }) {
  const text = typeof reference === "string" ? reference : JSON.stringify(reference, null, 1);
  return (
    <section
      aria-label="Checkpoint"
      className="flex items-center gap-2 rounded-lg border border-line bg-page py-1.5 pr-1.5 pl-3"
    >
      <Flag aria-hidden size={14} className="shrink-0 text-hue-green" />
      <span className="shrink-0 text-xs text-soft">Can go on from</span>
      <bdi className="min-w-0 flex-1 font-mono text-xs break-all">{text}</bdi>
      <CopyButton text={text} label="Copy the reference" />
    </section>
  );
}
