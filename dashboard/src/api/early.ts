/** Answers to what `public/start.js` has asked for before this code was there. */

interface Early {
  readonly at: number;
  readonly answers: Map<string, Promise<Response>>;
}

/** What was asked so long ago may have changed, and whoever would have taken it is not there. */
const FRESH_MS = 5_000;

/** Fetch, or take the answer that is on its way; each is taken once. */
export function fetchEarly(request: Request): Promise<Response> {
  const early = (globalThis as { runreelEarly?: Early }).runreelEarly;
  const answer = request.method === "GET" ? early?.answers.get(request.url) : undefined;
  if (early === undefined || answer === undefined) return fetch(request);
  early.answers.delete(request.url);
  return performance.now() - early.at < FRESH_MS ? answer : fetch(request);
}
