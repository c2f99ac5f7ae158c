import { GitBranch } from "lucide-react";
import type { ReactNode } from "react";
import type { Branch } from "@/lib/branch";

interface BranchTextProps {
  readonly branch: Branch;
  /** The run or the node that it comes from, where that does not show by itself. */
  readonly from?: ReactNode;
}

/** What a branch tries, from where, and what it does otherwise. */
export function BranchText({ branch, from }: BranchTextProps) {
  const { hypothesis, overrides } = branch;
  return (
    <div className="flex min-w-0 flex-wrap items-center gap-x-2 gap-y-1 text-sm text-soft">
      <span className="inline-flex h-5 shrink-0 items-center gap-1 rounded-full bg-plan-tint pr-2 pl-1.5 text-xs font-semibold text-plan">
        <GitBranch aria-hidden size={12} />
        Branch
      </span>
      {from}
      {hypothesis !== null && (
        <bdi title={hypothesis} className="line-clamp-2 min-w-0 break-words text-text">
          {hypothesis}
        </bdi>
      )}
      {overrides.length > 0 && (
        <ul aria-label="What it does otherwise" className="flex min-w-0 flex-wrap gap-1">
          {overrides.map(([name, value]) => {
            const text = typeof value === "string" ? value : JSON.stringify(value);
            return (
              <li
                key={name}
                title={`${name}: ${text}`}
                className="max-w-60 truncate rounded-sm bg-sunken px-1.5 font-mono text-xs leading-5"
              >
                <bdi className="text-faint">{name}: </bdi>
                <bdi>{text}</bdi>
              </li>
            );
          })}
        </ul>
      )}
    </div>
  );
}
