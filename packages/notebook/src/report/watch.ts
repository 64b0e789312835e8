/**
 * `--watch`: runs the notebook again whenever it is saved, and shows the report on a page of this machine that reloads itself.
 */

import { existsSync, readFileSync, watch } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, dirname, resolve } from "node:path";
import { log } from "../live-line.ts";
import { type RunNotebookOptions, runNotebook } from "./run-notebook.ts";

/** Editors write a file in several steps; a run begins when it has been quiet for this long. */
const QUIET_MS = 150;

/** Reloads the page of a run once there is a newer one, also one that ended before the page was listening. */
function reloadAfter(run: number): string {
  return `if(location.protocol==="http:")new EventSource("/events").onmessage=(e)=>{if(e.data!=="${run}")location.reload()}`;
}

/** Runs until the process is ended. Rejects when the first run cannot be started. */
export async function watchNotebook(file: string, options: RunNotebookOptions): Promise<never> {
  const listeners = new Set<ServerResponse>();
  let report: string | undefined;
  let runs = 0;
  const server = createServer((request, response) => {
    if (request.url === "/events") {
      response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
      response.write(`data: ${runs}\n\n`);
      listeners.add(response);
      response.on("close", () => listeners.delete(response));
    } else {
      response.writeHead(200, { "content-type": "text/html; charset=utf-8", "cache-control": "no-store" });
      response.end(report !== undefined && existsSync(report) ? readFileSync(report) : waitingPage(file));
    }
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  log(
    `http://127.0.0.1:${(server.address() as AddressInfo).port}/ shows the report; saving ${basename(file)} runs it again.`,
  );
  const run = async (): Promise<void> => {
    const result = await runNotebook(file, { ...options, script: reloadAfter(runs + 1) });
    report = result.report ?? report;
    runs++;
    log(`${result.code === 0 ? "done" : `ended with ${result.code}`}: ${result.report ?? "nothing to report"}`);
    for (const listener of listeners) listener.write(`data: ${runs}\n\n`);
  };
  await run();
  return repeat(file, run);
}

function waitingPage(file: string): string {
  return `<!doctype html><title>${basename(file)}</title><p>${basename(file)} is running …</p><script>${reloadAfter(0)}</script>`;
}

/** Calls `run` after every change of the file, one run at a time. */
async function repeat(file: string, run: () => Promise<void>): Promise<never> {
  const path = resolve(file);
  let changed: (() => void) | undefined;
  let pending = false;
  // The folder is watched, because many editors replace the file.
  watch(dirname(path), (_, name) => {
    if (name !== basename(path)) return;
    pending = true;
    changed?.();
  });
  for (;;) {
    if (!pending) {
      await new Promise<void>((wake) => {
        changed = wake;
      });
    }
    await new Promise((quiet) => setTimeout(quiet, QUIET_MS));
    pending = false;
    if (existsSync(path)) await run();
  }
}
