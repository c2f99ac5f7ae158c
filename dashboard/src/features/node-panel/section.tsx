import type { ReactNode } from "react";

/** A part of the panel, with its title. */
export function Section({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  return (
    <section className="flex flex-col gap-2">
      <h3 className="text-xs font-semibold text-faint">{title}</h3>
      {children}
    </section>
  );
}

/** A figure that stands out; it stands in a `dl`. */
export function Figure({ label, children }: { readonly label: string; readonly children: ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-xs font-medium text-faint">{label}</dt>
      <dd className="figure truncate text-lg font-semibold tracking-tight">{children}</dd>
    </div>
  );
}
