/** The bytes of a file of a run, never more of them than asked for. */

import { queryOptions } from "@tanstack/react-query";
import { urlOf } from "./base";
import { ProblemError, type ProblemDocument } from "./problem";
import { runKey } from "./run";

export interface FileContent {
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly isWhole: boolean;
}

export function fileAddress(runId: string, fileId: string): string {
  return urlOf(`api/by-id/${encodeURIComponent(runId)}/files/${encodeURIComponent(fileId)}/content`);
}

export const readFileContent = (runId: string, fileId: string, hash: string | null, mostBytes: number) =>
  queryOptions({
    // By its hash: what was read of a file stays right until it is another one.
    queryKey: [...runKey.all(runId), "content", fileId, hash, mostBytes],
    staleTime: Infinity,
    gcTime: 30_000,
    queryFn: async ({ signal }): Promise<FileContent> => {
      const response = await fetch(fileAddress(runId, fileId), {
        signal,
        headers: { range: `bytes=0-${mostBytes - 1}` },
      });
      // An empty file has no first byte to begin with.
      if (response.status === 416) return { bytes: new Uint8Array(), isWhole: true };
      if (!response.ok) throw await problemOf(response);
      return readBytes(response, mostBytes);
    },
  });

async function readBytes(response: Response, mostBytes: number): Promise<FileContent> {
  const whole = Number(/\/(\d+)$/.exec(response.headers.get("content-range") ?? "")?.[1] ?? NaN);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = response.body?.getReader();
  // A proxy may take no notice of the range that was asked for.
  for (let isOver = reader === undefined; !isOver && size <= mostBytes;) {
    const { done, value } = (await reader?.read()) ?? { done: true, value: undefined };
    isOver = done;
    if (value) {
      chunks.push(value);
      size += value.length;
    }
  }
  await reader?.cancel();
  const bytes = new Uint8Array(Math.min(size, mostBytes));
  let at = 0;
  for (const chunk of chunks) {
    bytes.set(chunk.subarray(0, bytes.length - at), at);
    at = Math.min(bytes.length, at + chunk.length);
  }
  return { bytes, isWhole: Number.isNaN(whole) ? size <= mostBytes : whole <= bytes.length };
}

async function problemOf(response: Response): Promise<ProblemError> {
  const problem = (await response.json().catch(() => ({}))) as ProblemDocument;
  return new ProblemError(response.status, problem);
}
