/**
 * What a notebook gave, as HTML: the richest form of a MIME bundle that a page can show, text with its colours taken out.
 */

import { stripVTControlCharacters } from "node:util";
import { marked } from "marked";
import type { MimeBundle } from "../drawing/displayable.ts";
import { escapeMarkup } from "../drawing/escape.ts";

export function markdownHtml(text: string): string {
  return marked.parse(text, { async: false, gfm: true });
}

/** Preformatted text, without the control characters of terminals. */
export function textHtml(text: string, kind = "text"): string {
  const plain = stripVTControlCharacters(text).replace(/\s+$/, "");
  return plain === "" ? "" : `<pre class="${kind}">${escapeMarkup(plain)}</pre>`;
}

/** A bundle as HTML; what no page can show is shown as its text. */
export function bundleHtml(bundle: MimeBundle, title?: string): string {
  const of = (type: string): string | undefined => {
    const content = bundle[type];
    return typeof content === "string" ? content : undefined;
  };
  const svg = of("image/svg+xml");
  const png = of("image/png");
  const content =
    of("text/html") ??
    (svg && `<div class="drawing">${svg}</div>`) ??
    (png && `<img alt="${escapeMarkup(title ?? "picture")}" src="data:image/png;base64,${png}">`) ??
    (of("text/markdown") === undefined ? undefined : markdownHtml(of("text/markdown") as string)) ??
    textHtml(of("text/plain") ?? "");
  const caption = title === undefined ? "" : `<figcaption>${escapeMarkup(title)}</figcaption>`;
  return `<figure>${caption}${content}</figure>`;
}
