/**
 * The report of a notebook: one HTML file that needs nothing else, for light and dark screens and for paper.
 */

import hljs from "highlight.js/lib/core";
import typescript from "highlight.js/lib/languages/typescript";
import { escapeMarkup } from "../drawing/escape.ts";
import { PAGE_STYLE } from "../drawing/theme.ts";
import { type Cell, cellAt } from "./cells.ts";
import type { ReportEvent } from "./events.ts";
import { bundleHtml, markdownHtml, textHtml } from "./outputs.ts";

export interface PageParts {
  /** Name of the notebook's file. */
  readonly name: string;
  readonly cells: readonly Cell[];
  readonly events: readonly ReportEvent[];
  /** Drawn for each run that was started, by its id. */
  readonly runs: ReadonlyMap<string, string>;
  /** Facts of the run, shown at the end: date, duration, versions. */
  readonly facts: Readonly<Record<string, string>>;
  /** Script that reloads the page, while it is watched. */
  readonly script?: string | undefined;
}

/** The whole page. */
export function pageHtml({ name, cells, events, runs, facts, script }: PageParts): string {
  hljs.registerLanguage("typescript", typescript);
  const title = titleOf(cells) ?? name;
  const outputs = outputsByCell(cells, events, runs);
  const failed = events.find((event) => event.type === "error");
  const at = failed === undefined ? -1 : cellAt(cells, failed.line);
  const notice =
    failed === undefined
      ? ""
      : `<p class="failed">The notebook ended with an error${at < 0 ? "" : ` in <a href="#cell-${at + 1}">cell ${at + 1}</a>, line ${failed.line}`}.</p>`;
  const body = cells.map((cell, i) => cellHtml(cell, i, outputs[i] ?? "", i === at));
  const rows = Object.entries(facts).map(
    ([key, value]) => `<tr><th>${escapeMarkup(key)}</th><td>${escapeMarkup(value)}</td></tr>`,
  );
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${escapeMarkup(title)}</title>
<style>
${PAGE_STYLE}
${STYLE}
</style>
</head>
<body>
<main>
${notice}
${outputs[-1] ?? ""}
${body.join("\n")}
<footer><h2>How this was made</h2><table>${rows.join("")}</table></footer>
</main>
${script === undefined ? "" : `<script>${script}</script>`}
</body>
</html>
`;
}

function titleOf(cells: readonly Cell[]): string | undefined {
  for (const { kind, text } of cells) {
    const heading = kind === "markdown" ? /^#\s+(.+)$/m.exec(text)?.[1] : undefined;
    if (heading !== undefined) return heading;
  }
  return undefined;
}

function cellHtml(cell: Cell, i: number, output: string, failed: boolean): string {
  const id = `id="cell-${i + 1}"`;
  if (cell.kind === "markdown") return `<section ${id} class="prose">${markdownHtml(cell.text)}</section>`;
  const code = hljs.highlight(cell.text, { language: "typescript" }).value;
  const heading = cell.title === "" ? "" : `<h3>${escapeMarkup(cell.title)}</h3>`;
  const lines = cell.from === cell.to ? `line ${cell.from}` : `lines ${cell.from}–${cell.to}`;
  const source = `<details open><summary>code, ${lines}</summary><pre class="code"><code>${code}</code></pre></details>`;
  const shown = output === "" ? "" : `<div class="output">${output}</div>`;
  return `<section ${id} class="cell${failed ? " broken" : ""}">${heading}${source}${shown}</section>`;
}

/** The outputs of each cell, in order. Text without a line of its own follows what came before. */
function outputsByCell(cells: readonly Cell[], events: readonly ReportEvent[], runs: ReadonlyMap<string, string>) {
  const outputs: Record<number, string> = {};
  let [at, text] = [-1, ""];
  const add = (html: string): void => {
    outputs[at] = (outputs[at] ?? "") + html;
  };
  const flush = (): void => {
    add(textHtml(text));
    text = "";
  };
  for (const event of events) {
    if (event.type === "end") continue;
    const cell = event.line > 0 ? cellAt(cells, event.line) : at;
    if (cell !== at || event.type !== "text") flush();
    at = cell;
    if (event.type === "text") text += event.text;
    else if (event.type === "display") add(bundleHtml(event.bundle, event.title));
    else if (event.type === "run") add(runs.get(event.id) ?? "");
    else add(textHtml(event.text, "error"));
  }
  flush();
  return outputs;
}

const STYLE = `
body{margin:0;background:var(--prewitt-paper);color:var(--prewitt-ink);font:16px/1.6 system-ui,sans-serif}
main{max-width:860px;margin:0 auto;padding:32px 20px 64px}
h1{font-size:1.9em;line-height:1.25;margin:.2em 0 .6em}
h2{font-size:1.3em;margin:1.8em 0 .4em}
h3{font-size:1em;margin:1.4em 0 .2em}
a{color:#3b7dd8}
section{margin:0 0 18px}
details summary{cursor:pointer;color:var(--prewitt-muted);font-size:12px;user-select:none}
pre{overflow-x:auto;margin:6px 0;padding:10px 12px;border-radius:6px;font:12.5px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace}
pre.code{border:1px solid var(--prewitt-line);tab-size:2}
pre.text{padding:0 12px;white-space:pre}
.output>pre.text{white-space:pre-wrap}
pre.error{border-left:4px solid #d0453f;white-space:pre-wrap}
.prose code{font:.9em ui-monospace,monospace;border:1px solid var(--prewitt-line);border-radius:4px;padding:0 .3em}
.prose pre{border:1px solid var(--prewitt-line)}
.prose pre code{border:0;padding:0}
.output{border-left:3px solid var(--prewitt-line);margin:8px 0 0 2px;padding-left:12px}
.broken .output{border-color:#d0453f}
.failed{border:1px solid #d0453f;border-radius:6px;padding:8px 12px}
figure{margin:10px 0}
figcaption{font-size:13px;color:var(--prewitt-muted);margin:0 0 4px}
.drawing svg,figure img{max-width:100%;height:auto}
table{border-collapse:collapse;font-size:14px;margin:8px 0;display:block;max-width:100%;overflow-x:auto}
th,td{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--prewitt-line);vertical-align:top}
th{font-weight:500;color:var(--prewitt-muted)}
td.number,th.number{text-align:right;font-variant-numeric:tabular-nums}
footer{margin-top:48px;border-top:1px solid var(--prewitt-line);font-size:14px}
.hljs-keyword,.hljs-literal{color:#b0489b}.hljs-string,.hljs-regexp{color:#2a8f5f}.hljs-number{color:#c06a1b}
.hljs-comment{color:var(--prewitt-muted);font-style:italic}.hljs-title,.hljs-built_in{color:#3b7dd8}.hljs-title.class_{color:inherit}
@media print{details summary{display:none}main{max-width:none}}
`;
