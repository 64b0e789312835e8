/**
 * @prewitt/notebook: what scripts and cell notebooks show on a terminal, and in files where there is none.
 */

export { Chart, type ChartParts } from "./charts/chart.ts";
export * as charts from "./charts/index.ts";
export type { ChartSpec } from "./charts/render.ts";
export type { SeriesOf, Values } from "./charts/values.ts";
export { type DisplayForm, type DisplayOptions, display } from "./display.ts";
export { type Cell, Html, html, Markdown, markdown, Table, table } from "./displayables.ts";
export { Displayable, type MimeBundle } from "./drawing/displayable.ts";
export { Drawing, type DrawingOptions, type PngOptions } from "./drawing/drawing.ts";
export type { Theme } from "./drawing/theme.ts";
export type { GraphOptions, GraphSource } from "./graphs/graph.ts";
export { type GraphParts, GraphPicture } from "./graphs/graph-picture.ts";
export { Interruption, onInterrupt } from "./interruption.ts";
export { log } from "./live-line.ts";
export type { ShownBox } from "./pictures/annotated.ts";
export { Picture, type PictureParts, type Tile, type TileBox } from "./pictures/picture.ts";
export type { PictureSource } from "./pictures/tensors.ts";
export { AsyncProgress, type Metrics, Progress, type ProgressOptions, progress } from "./progress.ts";
export { isReported } from "./report/events.ts";
export { cache } from "./runs/cache.ts";
export { type CompareOptions, Comparison, compareRuns } from "./runs/compare.ts";
export type { Environment } from "./runs/environment.ts";
export { type Plain, Run, type RunOptions, type RunRecord, readRuns, startRun } from "./runs/run.ts";
export type { Output } from "./terminal.ts";
