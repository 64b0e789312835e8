/**
 * @prewitt/notebook: what scripts and cell notebooks show on a terminal, and in files where there is none.
 */

export { type DisplayForm, type DisplayOptions, display } from "./display.ts";
export { Interruption, onInterrupt } from "./interruption.ts";
export { log } from "./live-line.ts";
export { AsyncProgress, type Metrics, Progress, type ProgressOptions, progress } from "./progress.ts";
export type { Output } from "./terminal.ts";
