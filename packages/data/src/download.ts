/**
 * Downloads of data files: every address is tried in turn, the content is verified before it counts, and a file appears
 * under its name only when it is whole (written beside it, then renamed).
 */

import { mkdirSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { PrewittError } from "@prewitt/core";
import { decompress } from "./read-idx.ts";

/** Longest time one file may take. */
const LIMIT_MS = 10 * 60_000;

/**
 * Fetches a file from the first of `urls` whose decompressed content passes `verify`, and keeps it at `path`.
 * Returns the reasons of failure, one line an address, when none does. Nothing is left behind then.
 */
export async function downloadFile(
  urls: readonly string[],
  path: string,
  verify: (content: Uint8Array, url: string) => void,
): Promise<string[]> {
  const failures: string[] = [];
  for (const url of urls) {
    let bytes: Uint8Array;
    try {
      bytes = await fetchBytes(url);
      verify(decompress(bytes, url), url);
    } catch (error) {
      failures.push(`download ${reasonOf(error, url)}`);
      continue;
    }
    keep(bytes, path);
    return [];
  }
  return failures;
}

async function fetchBytes(url: string): Promise<Uint8Array> {
  console.error(`Downloading ${url} …`);
  const response = await fetch(url, { signal: AbortSignal.timeout(LIMIT_MS) });
  if (!response.ok) throw new Error(`the server answered ${response.status} ${response.statusText}`.trim());
  return new Uint8Array(await response.arrayBuffer());
}

function reasonOf(error: unknown, url: string): string {
  if (error instanceof PrewittError) return [error.details.summary, ...error.problems].join("; ");
  const { message, cause } = error as Error;
  const code = (cause as { code?: unknown } | undefined)?.code;
  return `${url}: ${message}${typeof code === "string" ? ` (${code})` : ""}`;
}

function keep(bytes: Uint8Array, path: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const partial = `${path}.${process.pid}.part`;
  try {
    writeFileSync(partial, bytes);
    renameSync(partial, path);
  } catch (error) {
    rmSync(partial, { force: true });
    throw error;
  }
}
