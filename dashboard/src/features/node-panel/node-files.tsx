import { useInfiniteQuery } from "@tanstack/react-query";
import { FileText } from "lucide-react";
import { readNodeFiles } from "@/api/node";
import { formatBytes } from "@/lib/format";
import { Button } from "@/ui/button";
import { Moment } from "@/ui/clock";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";

interface NodeFilesProps {
  readonly runId: string;
  readonly nodeId: string;
}

/** What was produced in this node. */
export function NodeFiles({ runId, nodeId }: NodeFilesProps) {
  const query = useInfiniteQuery(readNodeFiles(runId, nodeId));
  const { selection, select } = useSelection();
  const files = query.data?.pages.flatMap((page) => page.files);
  if (files === undefined) {
    return query.error ? <Failure error={query.error} onRetry={() => void query.refetch()} /> : <Waiting />;
  }
  if (files.length === 0)
    return (
      <Note icon={FileText} title="No files">
        This node produced none.
      </Note>
    );
  return (
    <>
      <ul aria-label="Files">
        {files.map((file) => (
          <li key={file.file_id} className="border-b border-line">
            <button
              type="button"
              aria-pressed={selection.file === file.file_id}
              onClick={() => select({ node: nodeId, file: file.file_id })}
              className="flex w-full items-center gap-2.5 px-4 py-2 text-left -outline-offset-2 hover:bg-hover aria-pressed:bg-selected"
            >
              <FileText aria-hidden size={16} className="shrink-0 text-hue-green" />
              <span className="min-w-0 flex-1">
                <span className="name-text block text-sm font-medium">{file.path}</span>
                <span className="block truncate text-xs text-faint">
                  {[file.file_type ?? file.media_type, file.is_final_output ? "final output" : ""]
                    .filter(Boolean)
                    .join(" · ") || "file"}{" "}
                  · <Moment at={file.created_at} />
                </span>
              </span>
              <span className="figure shrink-0 text-xs text-soft">{formatBytes(file.size_bytes)}</span>
            </button>
          </li>
        ))}
      </ul>
      {query.hasNextPage && (
        <div className="p-3 text-center">
          <Button disabled={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
    </>
  );
}
