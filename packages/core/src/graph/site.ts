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

/** The path of a location: file URLs decoded, on Windows without the slash before the drive. */
function pathOf(location: string): string {
  if (!location.startsWith("file://")) return location;
  const path = location.slice("file://".length).replace(/^\/(?=[A-Za-z]:)/, "");
  try {
    return decodeURI(path);
  } catch {
    return path;
  }
}

// In the workspace this file lies in <root>/packages/core/src/graph, installed in node_modules/@prewitt/core/dist.
const workspaceRoot = /^(.*\/)packages\/core\/src\//.exec(pathOf(import.meta.url))?.[1];
const installed = /\/node_modules\/(?:@prewitt\/[\w-]+|prewitt)\//;

function isLibraryFrame(path: string): boolean {
  const slashed = path.replaceAll("\\", "/");
  if (installed.test(slashed)) return true;
  if (/^(node:|internal\/)/.test(slashed) || /\/node_modules\/(tsx|vitest|@vitest)\//.test(slashed)) return true;
  if (workspaceRoot === undefined || !slashed.startsWith(`${workspaceRoot}packages/`)) return false;
  return /^[\w-]+\/src\//.test(slashed.slice(workspaceRoot.length + "packages/".length));
}

/** The user's frame as `file:line:column`, or "" when every captured frame is the library's. */
export function formatSite(site: Site | undefined): string {
  for (const line of (site?.stack ?? "").split("\n").slice(1)) {
    const location = /\(([^()]+:\d+:\d+)\)\s*$/.exec(line)?.[1] ?? /at (?:async )?(\S.*:\d+:\d+)\s*$/.exec(line)?.[1];
    if (location === undefined) continue;
    const path = pathOf(location);
    if (!isLibraryFrame(path)) return path;
  }
  return "";
}
