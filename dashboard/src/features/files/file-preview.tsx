import { useQuery } from "@tanstack/react-query";
import { FileQuestion, FileX } from "lucide-react";
import { lazy, Suspense, useEffect, useMemo, useRef, useState } from "react";
import { readFileContent } from "@/api/file-content";
import { isGone } from "@/api/problem";
import type { File } from "@/api/run";
import { hasNames, isNumber, parseCsv } from "@/lib/csv";
import { formatBytes, formatCount } from "@/lib/format";
import { Button } from "@/ui/button";
import { Failure, Note, Waiting } from "@/ui/states";
import { imageType, maybeImage, nameOf, textOf, textPreview } from "./file";

const MarkdownText = lazy(() => import("@/ui/markdown"));

/** More of a file is not read to look at it. */
const MOST_TEXT_BYTES = 512 * 1024;
const MOST_IMAGE_BYTES = 16 * 1024 * 1024;

interface FilePreviewProps {
  readonly runId: string;
  readonly file: File;
  readonly isSource: boolean;
}

/** What is in a file, as far as it can be shown: never as a document that could do something. */
export function FilePreview({ runId, file, isSource }: FilePreviewProps) {
  const mostBytes = maybeImage(file) ? MOST_IMAGE_BYTES : MOST_TEXT_BYTES;
  const hasBytes = file.content_hash !== null;
  const { data, error, refetch } = useQuery({
    ...readFileContent(runId, file.file_id, file.content_hash, mostBytes),
    enabled: hasBytes,
  });
  if (!hasBytes || isGone(error)) {
    return (
      <Note icon={FileX} title="Only its reference was recorded">
        The bytes of this file are not here; the run told where it is.
      </Note>
    );
  }
  if (error) return <Failure error={error} onRetry={() => void refetch()} />;
  if (data === undefined) return <Waiting lines={8} />;
  return <Content file={file} bytes={data.bytes} isWhole={data.isWhole} isSource={isSource} />;
}

interface ContentProps {
  readonly file: File;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isWhole: boolean;
  readonly isSource: boolean;
}

function Content({ file, bytes, isWhole, isSource }: ContentProps) {
  const image = isWhole ? imageType(bytes) : null;
  const text = useMemo(() => (image ? null : textOf(bytes, isWhole)), [image, bytes, isWhole]);
  if (image) return <Picture bytes={bytes} type={image} name={nameOf(file.path)} />;
  if (text === null) {
    return (
      <Note icon={FileQuestion} title="This can't be shown">
        It is no text, and no picture that is known here{isWhole ? "" : " or small enough"}. Download it to
        open it.
      </Note>
    );
  }
  if (text === "") return <Note title="This file is empty" />;
  const preview = isSource ? "text" : textPreview(file);
  return (
    <>
      {!isWhole && (
        <p className="border-b border-line bg-wait-tint px-4 py-1.5 text-xs text-wait">
          The first {formatBytes(bytes.length)} of {formatBytes(file.size_bytes)}. Download it to see all.
        </p>
      )}
      {preview === "csv" ? (
        <CsvTable text={text} />
      ) : preview === "markdown" ? (
        <Suspense fallback={<Lines text={text} />}>
          <div className="max-w-4xl p-4">
            <MarkdownText text={text} />
          </div>
        </Suspense>
      ) : (
        <Lines text={preview === "json" && isWhole ? pretty(text) : text} />
      )}
    </>
  );
}

function Picture({
  bytes,
  type,
  name,
}: {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly type: string;
  readonly name: string;
}) {
  const image = useRef<HTMLImageElement>(null);
  const [size, setSize] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(new Blob([bytes], { type }));
    if (image.current) image.current.src = made;
    return () => URL.revokeObjectURL(made);
  }, [bytes, type]);
  return (
    <figure className="flex flex-col items-center gap-2 p-4">
      <img
        ref={image}
        alt={name}
        onLoad={({ currentTarget }) =>
          setSize(`${currentTarget.naturalWidth} × ${currentTarget.naturalHeight}`)
        }
        className="max-h-[70vh] max-w-full rounded-md border border-line object-contain"
      />
      <figcaption className="figure text-xs text-faint">{size}</figcaption>
    </figure>
  );
}

const CHARACTERS_AT_FIRST = 60_000;

function Lines({ text }: { readonly text: string }) {
  const [isWhole, setWhole] = useState(false);
  const isCut = !isWhole && text.length > CHARACTERS_AT_FIRST;
  return (
    <>
      <pre dir="auto" className="p-4 font-mono text-xs leading-5 break-words whitespace-pre-wrap">
        {isCut ? text.slice(0, CHARACTERS_AT_FIRST) : text}
      </pre>
      {isCut && (
        <p className="px-4 pb-4">
          <Button onClick={() => setWhole(true)}>Show all {formatCount(text.length)} characters</Button>
        </p>
      )}
    </>
  );
}

const MOST_ROWS = 20_000;
const ROWS_AT_FIRST = 200;
const MOST_COLUMNS = 60;

function CsvTable({ text }: { readonly text: string }) {
  const rows = useMemo(() => parseCsv(text, MOST_ROWS), [text]);
  const [nShown, setShown] = useState(ROWS_AT_FIRST);
  const isNamed = useMemo(() => hasNames(rows), [rows]);
  const body = isNamed ? rows.slice(1) : rows;
  const columns = (rows[0] ?? [])
    .slice(0, MOST_COLUMNS)
    .map((name, column) => (isNamed ? name : `Column ${column + 1}`));
  const areNumbers = columns.map((_, column) =>
    body.slice(0, 50).every((row) => isNumber(row[column] ?? "")),
  );
  return (
    <>
      <table className="border-separate border-spacing-0 text-xs">
        <thead>
          <tr>
            <th
              scope="col"
              className="sticky top-0 h-7 border-b border-line bg-page px-3 text-right font-medium text-faint"
            >
              #
            </th>
            {columns.map((name, column) => (
              <th
                // Columns have no names that would be theirs alone.
                // oxlint-disable-next-line react/no-array-index-key
                key={column}
                scope="col"
                className={`sticky top-0 h-7 border-b border-line bg-page px-3 font-medium whitespace-nowrap ${areNumbers[column] ? "text-right" : "text-left"}`}
              >
                <bdi>{name}</bdi>
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {body.slice(0, nShown).map((row, index) => (
            // oxlint-disable-next-line react/no-array-index-key
            <tr key={index} className="hover:bg-hover">
              <td className="figure h-7 border-b border-line px-3 text-right text-faint">{index + 1}</td>
              {columns.map((_, column) => (
                <td
                  // oxlint-disable-next-line react/no-array-index-key
                  key={column}
                  className={`max-w-96 truncate border-b border-line px-3 ${areNumbers[column] ? "figure text-right" : ""}`}
                  title={row[column]}
                >
                  <bdi>{row[column]}</bdi>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
      <p className="flex items-center gap-3 px-4 py-3 text-xs text-faint">
        {formatCount(Math.min(nShown, body.length))} of {formatCount(body.length)} rows
        {nShown < body.length && <Button onClick={() => setShown(nShown + 500)}>Show more</Button>}
      </p>
    </>
  );
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text) as unknown, null, 2);
  } catch {
    return text;
  }
}
