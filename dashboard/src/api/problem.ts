/** What the server says when it doesn't do what it was asked (RFC 9457), and what is said when it doesn't answer. */

export interface ProblemDocument {
  readonly title?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly run_id?: string;
  readonly [member: string]: unknown;
}

export class ProblemError extends Error {
  readonly status: number;
  readonly title: string;
  readonly document: ProblemDocument;
  /** The run that has a name that was asked for. */
  readonly runId: string | undefined;

  constructor(status: number, document: ProblemDocument) {
    super(document.detail ?? document.title ?? `the server answered ${status}`);
    this.name = "ProblemError";
    this.status = status;
    this.document = document;
    this.title = document.title ?? "The server could not do that";
    this.runId = document.run_id;
  }
}

/** Return the data of an answer; raises what the server said instead. */
export function dataOf<Data>(answer: { data?: Data; error?: unknown; response: Response }): Data {
  if (answer.response.ok && answer.data !== undefined) return answer.data;
  const document =
    typeof answer.error === "object" && answer.error !== null ? (answer.error as ProblemDocument) : {};
  throw new ProblemError(answer.response.status, document);
}

/** Tell whether the server said that there is no such thing. */
export function isGone(error: unknown): boolean {
  return error instanceof ProblemError && error.status === 404;
}

/** Tell whether to ask again may help: the server was not reached, or is busy. */
export function isPassing(error: unknown): boolean {
  return !(error instanceof ProblemError) || error.status === 429 || error.status >= 500;
}
