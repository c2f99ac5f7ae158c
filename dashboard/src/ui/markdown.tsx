import Markdown, { type Components } from "react-markdown";
import remarkGfm from "remark-gfm";

// Pictures from elsewhere would tell others that somebody reads this run.
const COMPONENTS: Components = {
  a: ({ href, children }) => (
    <a href={href} target="_blank" rel="noreferrer noopener nofollow">
      {children}
    </a>
  ),
  img: ({ src, alt }) => (
    <a href={typeof src === "string" ? src : undefined} target="_blank" rel="noreferrer noopener nofollow">
      {alt || "picture"}
    </a>
  ),
  pre: ({ children }) => (
    // Long lines scroll, so the keyboard must get there.
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <pre tabIndex={0}>{children}</pre>
  ),
  table: ({ children }) => (
    // oxlint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div tabIndex={0} role="group" aria-label="Table" className="overflow-x-auto">
      <table>{children}</table>
    </div>
  ),
  input: ({ checked }) => <span>{checked ? "☑" : "☐"}</span>,
};
const PLUGINS = [remarkGfm];

/** A text as Markdown; HTML in it is shown as the text it is. */
export default function MarkdownText({ text }: { readonly text: string }) {
  return (
    <div dir="auto" className="markdown">
      <Markdown remarkPlugins={PLUGINS} components={COMPONENTS}>
        {text}
      </Markdown>
    </div>
  );
}
