import hljs from "highlight.js/lib/core";
import bash from "highlight.js/lib/languages/bash";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import python from "highlight.js/lib/languages/python";
import r from "highlight.js/lib/languages/r";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import yaml from "highlight.js/lib/languages/yaml";
import { useMemo, type ReactNode } from "react";

hljs.registerLanguage("python", python);
hljs.registerLanguage("javascript", javascript);
hljs.registerLanguage("bash", bash);
hljs.registerLanguage("sql", sql);
hljs.registerLanguage("json", json);
hljs.registerLanguage("r", r);
hljs.registerLanguage("typescript", typescript);
hljs.registerLanguage("yaml", yaml);

/** Beyond this, colours would cost more time than they are worth. */
const MOST_CHARACTERS = 60_000;

/** The colours of what code consists of; all else has that of text. */
const COLORS: Readonly<Record<string, string>> = {
  keyword: "text-hue-violet",
  built_in: "text-hue-teal",
  literal: "text-hue-amber",
  number: "text-hue-blue",
  string: "text-hue-green",
  comment: "text-faint italic",
  title: "text-hue-blue",
  meta: "text-hue-orange",
  params: "",
};

interface Scope {
  readonly scope?: string;
  readonly children: readonly (Scope | string)[];
}

/** Code in colours. It is text for React: what the highlighter makes of it is walked, and never put in as HTML. */
export default function CodeText({
  code,
  language,
}: {
  readonly code: string;
  readonly language: string | null;
}) {
  const content = useMemo(() => {
    if (code.length > MOST_CHARACTERS) return code;
    // Agents mostly write Python; what says that it is something else is not taken for it.
    const name = language ?? "python";
    if (!hljs.getLanguage(name)) return code;
    const { rootNode } = hljs.highlight(code, { language: name })._emitter as unknown as { rootNode: Scope };
    return draw(rootNode.children);
  }, [code, language]);
  return <code>{content}</code>;
}

function draw(parts: Scope["children"]): ReactNode {
  return parts.map((part, index) => {
    if (typeof part === "string") return part;
    const color = COLORS[(part.scope ?? "").split(".")[0] ?? ""];
    return (
      // Parts have no other name than their place, and are drawn anew together.
      // oxlint-disable-next-line react/no-array-index-key
      <span key={index} className={color}>
        {draw(part.children)}
      </span>
    );
  });
}
