// Runs before anything is painted: sets the theme, and asks at once for what the page of a run shows first, and for the
// code that shows it, since the page's own code is there only later. A file of its own, because the page runs no script that is inside it.
(function () {
  let theme = "system";
  try {
    theme = localStorage.getItem("runreel.theme") || "system";
  } catch {
    // Storage may be forbidden; then the system's theme it is.
  }
  const isDark =
    theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.dataset.theme = isDark ? "dark" : "light";

  // `src/api/early.ts` hands the answers on. What is asked in other words there is asked again.
  const base = new URL(".", document.baseURI);
  const [page, segment = "", view = "timeline"] = location.pathname.slice(base.pathname.length).split("/");
  const id = segment.replaceAll("%3A", ":");
  if (page !== "runs" || !/^[\w.:-]{1,64}$/.test(id)) return;
  const code = document.currentScript?.dataset[view];
  if (code !== undefined) {
    const link = document.createElement("link");
    link.rel = "modulepreload";
    link.href = code;
    document.head.append(link);
  }
  const first = {
    timeline: "/spans?from_order=0&limit=400&max_rows=400",
    tree: "/spans?from_order=0&limit=400&max_rows=400",
    raw: "/spans?from_order=0&limit=400&max_rows=400",
    graph: "/dag?limit=1500",
  };
  const run = `${base.href}api/by-id/${encodeURIComponent(id)}`;
  const urls = Object.hasOwn(first, view) ? [run, run + first[view]] : [run];
  const answers = new Map(urls.map((url) => [url, fetch(url)]));
  // Whoever takes an answer sees that it failed.
  for (const answer of answers.values()) answer.catch(() => undefined);
  globalThis.runreelEarly = { at: performance.now(), answers };
})();
