import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import {
  ArrowLeft,
  Download,
  File as FileIcon,
  FileBraces,
  FileImage,
  FileSpreadsheet,
  FileText,
  Files,
  Link2,
  Star,
} from "lucide-react";
import { useEffect, useMemo, useState } from "react";
import { fileAddress } from "@/api/file-content";
import { readFiles, type File } from "@/api/run";
import type { RunViewProps } from "@/api/run-view";
import { formatBytes, formatNumberOf } from "@/lib/format";
import { readWord } from "@/lib/search-params";
import { isEnded } from "@/lib/vocabulary";
import { IconButton } from "@/ui/button";
import { Choice } from "@/ui/choice";
import { classNames } from "@/ui/class-names";
import { Moment } from "@/ui/clock";
import { useSelection } from "@/ui/selection";
import { Failure, Note, Waiting } from "@/ui/states";
import { Toggle } from "@/ui/toggle";
import { folderOf, GROUPINGS, groupedFiles, maybeImage, nameOf, textPreview, type FileGroup } from "./file";
import { FilePreview } from "./file-preview";

const GROUPING_WORDS = { node: "Node", agent: "Agent", folder: "Folder" } as const;
const GROUPING_OPTIONS = GROUPINGS.map((value) => ({ value, words: GROUPING_WORDS[value] }));
const NOTHING = { node: "No node", agent: "No agent of its own", folder: "No folder" } as const;

/** What the run produced. */
export default function FilesView({ run }: RunViewProps) {
  const { data, error, refetch, hasNextPage, isFetchingNextPage, fetchNextPage } = useInfiniteQuery(
    readFiles(run.run_id),
  );
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const files = useMemo(() => data?.pages.flatMap((page) => page.files), [data]);
  const search = useSearch({ strict: false }) as Record<string, unknown>;
  const navigate = useNavigate();
  const by = readWord(search, "files-by", GROUPINGS) ?? "node";
  const groups = useMemo(() => groupedFiles(files ?? [], by), [files, by]);
  const { selection, select } = useSelection();
  const chosen = files?.find((file) => file.file_id === selection.file);
  const shown = chosen ?? groups[0]?.files[0];

  if (files === undefined) {
    return error ? <Failure error={error} onRetry={() => void refetch()} /> : <Waiting lines={8} />;
  }
  if (shown === undefined) {
    return (
      <div data-view="files">
        <Note icon={Files} title={isEnded(run.status) ? "It produced no files" : "No files yet"}>
          Reports, tables and pictures that the run keeps are shown here.
        </Note>
      </div>
    );
  }
  return (
    <div data-view="files" className="@container h-full bg-surface">
      <div className="flex h-full min-h-0">
        <div
          className={classNames(
            "flex min-h-0 w-80 shrink-0 flex-col border-r border-line @max-2xl:w-full @max-2xl:border-r-0",
            chosen && "@max-2xl:hidden",
          )}
        >
          <div className="flex h-11 shrink-0 items-center gap-2 border-b border-line px-3">
            <span className="text-xs text-faint">{formatNumberOf(files.length, "file")}</span>
            <Choice
              label="Group by"
              options={GROUPING_OPTIONS}
              value={by}
              onValue={(each) =>
                void navigate({
                  to: ".",
                  search: ((before: object) => ({ ...before, "files-by": each })) as never,
                  replace: true,
                })
              }
              className="ml-auto"
            />
          </div>
          <nav aria-label="Files" className="min-h-0 flex-1 overflow-auto pb-4">
            {groups.map((group) => (
              <Group
                key={group.name ?? ""}
                group={group}
                name={group.name ?? NOTHING[by]}
                showsFolder={by !== "folder"}
                shownId={shown.file_id}
                isChosen={chosen !== undefined}
                onSelect={(file) => select({ file: file.file_id })}
              />
            ))}
          </nav>
        </div>
        <div className={classNames("min-h-0 min-w-0 flex-1", !chosen && "@max-2xl:hidden")}>
          <ShownFile
            key={shown.file_id}
            runId={run.run_id}
            file={shown}
            onBack={() => select({})}
            onEvent={(event) => select({ event })}
          />
        </div>
      </div>
    </div>
  );
}

interface GroupProps {
  readonly group: FileGroup;
  readonly name: string;
  readonly showsFolder: boolean;
  readonly shownId: string;
  /** Whether a person chose the file that is shown; narrow screens show none by themselves. */
  readonly isChosen: boolean;
  readonly onSelect: (file: File) => void;
}

function Group({ group, name, showsFolder, shownId, isChosen, onSelect }: GroupProps) {
  return (
    <section>
      <h2 className="name-text sticky top-0 bg-surface px-3 pt-3 pb-1 text-2xs font-medium text-faint">
        {name}
      </h2>
      <ul>
        {group.files.map((file) => {
          const Icon = iconOf(file);
          const folder = folderOf(file.path);
          return (
            <li key={file.file_id}>
              <button
                type="button"
                aria-current={file.file_id === shownId ? "true" : undefined}
                title={file.path}
                onClick={() => onSelect(file)}
                className={classNames(
                  "flex min-h-9 w-full items-center gap-2 px-3 py-1 text-left -outline-offset-2",
                  file.file_id === shownId ? "bg-selected" : "hover:bg-hover",
                  !isChosen && "@max-2xl:bg-surface",
                )}
              >
                <Icon aria-hidden size={15} className="shrink-0 text-soft" />
                <span className="min-w-0 flex-1">
                  <span className="name-text block">{nameOf(file.path)}</span>
                  {showsFolder && folder && (
                    <span className="name-text block text-2xs text-faint">{folder}</span>
                  )}
                </span>
                {file.is_final_output && (
                  <Star aria-label="Final output" size={13} className="shrink-0 text-hue-amber" />
                )}
                <span className="figure shrink-0 text-xs text-faint">{formatBytes(file.size_bytes)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </section>
  );
}

interface ShownFileProps {
  readonly runId: string;
  readonly file: File;
  readonly onBack: () => void;
  readonly onEvent: (eventId: string) => void;
}

function ShownFile({ runId, file, onBack, onEvent }: ShownFileProps) {
  const [isSource, setSource] = useState(false);
  const hasSource = ["csv", "markdown", "json"].includes(textPreview(file)) && !maybeImage(file);
  const { event_id: eventId } = file;
  return (
    <section aria-label={nameOf(file.path)} className="flex h-full min-h-0 flex-col">
      <header className="flex min-h-11 shrink-0 flex-wrap items-center gap-x-3 gap-y-1 border-b border-line px-3 py-1.5">
        <span className="hidden @max-2xl:block">
          <IconButton icon={ArrowLeft} label="All files" onClick={onBack} />
        </span>
        <h2 className="name-text min-w-0 font-semibold" title={file.path}>
          {nameOf(file.path)}
        </h2>
        <span className="figure text-xs text-faint">
          {[file.media_type ?? file.file_type, formatBytes(file.size_bytes)].filter(Boolean).join(" · ")}
        </span>
        <Moment at={file.created_at} className="figure text-xs text-faint @max-3xl:hidden" />
        <span className="ml-auto flex items-center gap-1.5">
          {hasSource && (
            <Toggle isOn={isSource} onToggle={setSource}>
              As text
            </Toggle>
          )}
          {eventId !== null && (
            <IconButton icon={Link2} label="Show the event that made it" onClick={() => onEvent(eventId)} />
          )}
          {file.content_hash !== null && (
            <a
              href={fileAddress(runId, file.file_id)}
              download={nameOf(file.path)}
              className="inline-flex h-7 items-center gap-1.5 rounded-md border border-line-strong px-2 text-xs font-medium hover:bg-hover"
            >
              <Download aria-hidden size={13} />
              Download
            </a>
          )}
        </span>
        <span className="name-text w-full text-xs text-faint">
          {[file.node_id && `by ${file.node_id}`, file.agent_name, folderOf(file.path)]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </header>
      <div
        role="region"
        aria-label="Preview"
        // It scrolls, so the keyboard must get there.
        // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
        tabIndex={0}
        className="min-h-0 flex-1 overflow-auto -outline-offset-2"
      >
        <FilePreview runId={runId} file={file} isSource={isSource} />
      </div>
    </section>
  );
}

function iconOf(file: File) {
  if (maybeImage(file)) return FileImage;
  const preview = textPreview(file);
  if (preview === "json") return FileBraces;
  if (preview === "csv") return FileSpreadsheet;
  if (preview === "markdown") return FileText;
  return FileIcon;
}
