/**
 * Where in the user's code a node was made.
 *
 * V8 captures the frames at once and formats them only when `.stack` is first read, so building a graph stays cheap.
 * At most 12 frames are kept. Frames under the library's own packages are cut when the site is formatted.
 */

/** Captured, unformatted stack. */
export interface Site {
  readonly stack?: string;
}

const FRAMES = 12;

interface StackCapturer {
  stackTraceLimit: number;
  captureStackTrace?(target: object, below?: unknown): void;
}

/** Captures the current stack above `below`. */
export function captureSite(below?: unknown): Site {
  const E = Error as unknown as StackCapturer;
  if (E.captureStackTrace === undefined) return new Error();
  const limit = E.stackTraceLimit;
  E.stackTraceLimit = FRAMES;
  const site: Site = {};
  E.captureStackTrace(site, below);
  E.stackTraceLimit = limit;
  return site;
}

// In the workspace this file lies in <root>/packages/core/src/graph, installed in node_modules/@prewitt/core/dist.
const workspaceRoot = /^(.*\/)packages\/core\/src\//.exec(import.meta.url)?.[1]?.replace(/^file:\/\//, "");
const installed = /\/node_modules\/(?:@prewitt\/[\w-]+|prewitt)\//;

function isLibraryFrame(location: string): boolean {
  if (installed.test(location)) return true;
  if (/(^|\()(node:|internal\/)/.test(location) || /\/node_modules\/(tsx|vitest|@vitest)\//.test(location)) return true;
  if (workspaceRoot === undefined) return false;
  const path = location.replace(/^file:\/\//, "");
  return path.startsWith(`${workspaceRoot}packages/`) && /^[\w-]+\/src\//.test(path.slice(workspaceRoot.length + 9));
}

/** The user's frame as `file:line:column`, or "" when every captured frame is the library's. */
export function formatSite(site: Site | undefined): string {
  for (const line of (site?.stack ?? "").split("\n").slice(1)) {
    const location = /\(([^()]+:\d+:\d+)\)\s*$/.exec(line)?.[1] ?? /at (?:async )?(\S+:\d+:\d+)\s*$/.exec(line)?.[1];
    if (location !== undefined && !isLibraryFrame(location)) return location.replace(/^file:\/\//, "");
  }
  return "";
}
