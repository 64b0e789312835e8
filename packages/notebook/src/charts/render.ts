/**
 * A Vega-Lite specification as SVG, without a browser. vega and vega-lite take a third of a second to load, so they are
 * loaded when the first chart is drawn.
 */

import { createHash } from "node:crypto";
import type { TopLevelSpec } from "vega-lite";
import { FONT_FAMILY } from "../drawing/rasterise.ts";
import { coloursOf, SERIES, type Theme } from "../drawing/theme.ts";

/**
 * A Vega-Lite specification as plain data. It is vega-lite's `TopLevelSpec`, whose types need those of the DOM and are left
 * out here, so that a project without them can use the package.
 */
export type ChartSpec = Readonly<Record<string, unknown>>;

/** Colours and fonts of a theme as a Vega-Lite configuration; what the specification says itself goes before it. */
function configOf(theme: Theme) {
  const { ink, muted, line, paper } = coloursOf(theme);
  const text = { labelColor: muted, titleColor: ink, labelFontSize: 11, titleFontSize: 12, titleFontWeight: 400 };
  return {
    background: paper === "none" ? "transparent" : paper,
    padding: 8,
    font: FONT_FAMILY,
    title: { color: ink, anchor: "start", fontSize: 14, fontWeight: 700, offset: 12, subtitleColor: muted },
    axis: { ...text, gridColor: line, domainColor: muted, tickColor: muted, gridOpacity: 1 },
    legend: { ...text, symbolStrokeWidth: 3, symbolOpacity: 1, titleLimit: 320, labelLimit: 320 },
    header: text,
    view: { stroke: null },
    range: { category: [...SERIES], heatmap: { scheme: "viridis" }, ramp: { scheme: "viridis" } },
    line: { strokeWidth: 2, color: SERIES[0] },
    bar: { color: SERIES[0] },
    text: { color: ink },
    rule: { color: muted },
  };
}

/** The chart as an SVG document. Throws `Error` of vega-lite for a specification that it cannot read. */
export async function renderSpec(spec: ChartSpec, theme: Theme): Promise<string> {
  const [vega, { compile }] = await Promise.all([import("vega"), import("vega-lite")]);
  const compiled = compile(spec as unknown as TopLevelSpec, { config: configOf(theme) as never });
  const view = new vega.View(vega.parse(compiled.spec), { renderer: "none", logLevel: vega.Error });
  try {
    return withOwnIds(await view.toSVG());
  } finally {
    view.finalize();
  }
}

/**
 * vega counts gradients and clips over the whole process. Here they are named after what they are in, so that the same
 * chart gives the same bytes and several charts stand on one page.
 */
function withOwnIds(svg: string): string {
  const found = [...new Set(svg.match(/\b(?:gradient_|clip)\d+\b/g) ?? [])];
  const names = new Map(found.map((id, i) => [id, `#${i}`]));
  const plain = svg.replace(/\b(?:gradient_|clip)\d+\b/g, (id) => names.get(id) as string);
  const hash = createHash("sha256").update(plain).digest("hex").slice(0, 12);
  return svg.replace(/\b(?:gradient_|clip)\d+\b/g, (id) => `prewitt-${hash}-${found.indexOf(id)}`);
}
