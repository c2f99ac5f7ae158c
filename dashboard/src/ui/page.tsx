import { useEffect, type ReactNode } from "react";
import { classNames } from "./class-names";

/** Name the page in the browser's tab. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = title === "Runreel" ? title : `${title} · Runreel`;
  }, [title]);
}

interface PageProps {
  /** The name of the page, in the browser's tab and, unless there is a `head`, at its top. */
  readonly title: string;
  /** What stands in the place of the title. */
  readonly head?: ReactNode;
  readonly tools?: ReactNode;
  readonly children: ReactNode;
  readonly className?: string;
}

/** A page: a head that stays, and a body that fills the rest. Whatever is long scrolls inside the body. */
export function Page({ title, head, tools, children, className }: PageProps) {
  useTitle(title);
  return (
    <main id="main" tabIndex={-1} className="flex h-full min-h-0 flex-col outline-none">
      <header className="flex min-h-13 shrink-0 flex-wrap items-center gap-x-4 gap-y-2 border-b border-line bg-surface px-4 py-2 sm:px-5">
        {head ?? <h1 className="text-lg font-semibold tracking-tight">{title}</h1>}
        {tools && <div className="ml-auto flex min-w-0 flex-wrap items-center gap-2">{tools}</div>}
      </header>
      <div className={classNames("min-h-0 flex-1", className)}>{children}</div>
    </main>
  );
}
