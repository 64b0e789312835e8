/**
 * Runs a notebook in a process of its own, as `tsx notebook.ts` would, and makes the report of it.
 */

import { spawn } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { constants, tmpdir } from "node:os";
import { basename, dirname, join, relative, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { OptionError } from "@prewitt/core";
import { line } from "../charts/line.ts";
import { escapeMarkup } from "../drawing/escape.ts";
import { commitOf } from "../runs/environment.ts";
import { type RunRecord, readRuns } from "../runs/run.ts";
import { formatDuration, formatMetric } from "../units.ts";
import { parseCells } from "./cells.ts";
import { NOTEBOOK_VARIABLE, type ReportEvent, STREAM_VARIABLE } from "./events.ts";
import { pageHtml } from "./page.ts";

export interface NotebookRun {
  /** Exit code of the notebook: 0, or 130 after Ctrl-C. */
  readonly code: number;
  /** Path of the report; none when the notebook failed before it printed or showed anything. */
  readonly report: string | undefined;
}

export interface RunNotebookOptions {
  /** Where the report is written (default `runs/<notebook>/report.html`). */
  readonly out?: string | undefined;
  /** Arguments of the notebook. */
  readonly args?: readonly string[] | undefined;
  /** Script put into the page, see `watch`. */
  readonly script?: string | undefined;
}

/**
 * Runs the notebook to its end and writes the report, also when it fails. A notebook that only refused its arguments has
 * nothing to report, and an earlier report stays.
 *
 * Throws `OptionError` when there is no such file, or nothing on this machine that runs TypeScript.
 */
export async function runNotebook(file: string, options: RunNotebookOptions = {}): Promise<NotebookRun> {
  if (!existsSync(file)) {
    throw new OptionError({
      op: "prewitt run",
      summary: `there is no file ${file}`,
      fix: "pass the path of a .ts file",
    });
  }
  const path = realpathSync(resolve(file));
  const name = basename(path).replace(/\.[cm]?[jt]s$/, "");
  const out = resolve(options.out ?? join("runs", name, "report.html"));
  const folder = mkdtempSync(join(tmpdir(), "prewitt-report-"));
  const stream = join(folder, "events.jsonl");
  const source = readFileSync(path, "utf8");
  const start = new Date();
  try {
    const env = { ...process.env, [STREAM_VARIABLE]: stream, [NOTEBOOK_VARIABLE]: path };
    const code = await runProcess([...loaderOf(path), "--import", captureModule(), path, ...(options.args ?? [])], env);
    const events = readEvents(stream);
    if (code !== 0 && events.every(({ type }) => type === "end")) return { code, report: undefined };
    const html = pageHtml({
      name: basename(path),
      cells: parseCells(source),
      events,
      runs: await drawRuns(events),
      facts: await factsOf(path, start, code, events),
      script: options.script,
    });
    mkdirSync(dirname(out), { recursive: true });
    writeFileSync(out, html);
    return { code, report: out };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What Node needs to run the file: nothing for JavaScript, tsx where it is installed, else Node's own type stripping. */
function loaderOf(path: string): string[] {
  if (/\.[cm]?js$/.test(path)) return [];
  for (const base of [path, join(process.cwd(), "any"), process.argv[1] ?? path]) {
    try {
      return ["--import", pathToFileURL(createRequire(base).resolve("tsx")).href];
    } catch {
      // The next base may find it.
    }
  }
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major > 22 || (major === 22 && minor >= 18)) return [];
  throw new OptionError({
    op: "prewitt run",
    summary: `Node ${process.versions.node} does not run TypeScript by itself, and tsx is not installed`,
    fix: "npm install --save-dev tsx",
  });
}

/** The module that copies what the notebook prints, as an export of this package. */
function captureModule(): string {
  return pathToFileURL(createRequire(import.meta.url).resolve("@prewitt/notebook/capture")).href;
}

/** Runs Node with these arguments; the terminal is the notebook's. Ctrl-C reaches it, and it decides how to end. */
function runProcess(args: readonly string[], env: NodeJS.ProcessEnv): Promise<number> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, args, { env, stdio: "inherit" });
    const wait = (): void => {
      if (!process.stdin.isTTY) child.kill("SIGINT");
    };
    const end = (): void => void child.kill("SIGTERM");
    process.on("SIGINT", wait);
    process.on("SIGTERM", end);
    const settle = (): void => {
      process.off("SIGINT", wait);
      process.off("SIGTERM", end);
    };
    child.on("error", (error) => {
      settle();
      fail(error);
    });
    child.on("exit", (code, signal) => {
      settle();
      done(code ?? 128 + (signal === null ? 0 : constants.signals[signal]));
    });
  });
}

/** The events so far; a line that was cut short is left out. */
function readEvents(stream: string): ReportEvent[] {
  if (!existsSync(stream)) return [];
  return readFileSync(stream, "utf8")
    .split("\n")
    .flatMap((line): ReportEvent[] => {
      try {
        return line === "" ? [] : [JSON.parse(line) as ReportEvent];
      } catch {
        return [];
      }
    });
}

/** Config and curves of the runs that the notebook recorded, by id. */
async function drawRuns(events: readonly ReportEvent[]): Promise<Map<string, string>> {
  const drawn = new Map<string, string>();
  for (const event of events) {
    if (event.type !== "run") continue;
    const run = readRuns(event.name, { folder: event.folder }).find(({ id }) => id === event.id);
    if (run === undefined) continue;
    const facts = Object.entries(run.config).map(([key, value]) =>
      factHtml(key, typeof value === "string" ? value : JSON.stringify(value)),
    );
    const metrics = new Set(
      run.rows.flatMap((row) => Object.keys(row).filter((key) => key !== "step" && key !== "epoch")),
    );
    const curves: string[] = [];
    for (const metric of metrics) {
      const rows = run.rows.filter((row) => typeof row[metric] === "number");
      const values = rows.map((row) => row[metric] as number);
      if (values.length === 1) facts.push(factHtml(metric, formatMetric(values[0] as number)));
      if (values.length < 2) continue;
      const chart = line(values, {
        title: metric,
        ...placesOf(rows),
        y: metric === "loss" ? lossName(run) : metric,
        smooth: values.length > 200 ? 0.97 : 0,
        height: 200,
      });
      curves.push(`<div class="drawing">${await chart.svg({ theme: "page" })}</div>`);
    }
    const table = facts.length === 0 ? "" : `<table>${facts.join("")}</table>`;
    const folder = relative(process.cwd(), join(event.folder, event.name));
    const where = `run ${event.name}, ${run.outcome}: ${run.rows.length} rows in ${join(folder, "metrics.jsonl")}`;
    drawn.set(event.id, `<figure><figcaption>${escapeMarkup(where)}</figcaption>${table}${curves.join("")}</figure>`);
  }
  return drawn;
}

/** The axis across: the step or epoch that was logged with every value, else the number of the value. */
function placesOf(rows: RunRecord["rows"]): { x: string; at?: number[] } {
  for (const x of ["step", "epoch"]) {
    if (rows.every((row) => typeof row[x] === "number")) return { x, at: rows.map((row) => row[x] as number) };
  }
  return { x: "value logged" };
}

/** What the loss is and its unit, where the config's `loss` says so. */
function lossName({ config: { loss } }: RunRecord): string {
  if (typeof loss !== "string") return "loss";
  return /cross.?entropy|likelihood/i.test(loss) ? `${loss} (nats)` : loss;
}

function factHtml(name: string, value: string): string {
  return `<tr><th>${escapeMarkup(name)}</th><td>${escapeMarkup(value)}</td></tr>`;
}

async function factsOf(path: string, start: Date, code: number, events: readonly ReportEvent[]) {
  const end = events.find((event) => event.type === "end");
  const environment = Object.entries(end?.environment ?? {}).map(([key, value]) => [key, String(value)]);
  const commit = await commitOf(dirname(path));
  return {
    notebook: basename(path),
    date: start.toISOString().replace("T", " ").slice(0, 19),
    duration: formatDuration((Date.now() - start.getTime()) / 1000),
    ...(code !== 0 && { "exit code": String(code) }),
    ...(end !== undefined && { seed: String(end.seed) }),
    ...(Object.fromEntries(environment) as Record<string, string>),
    ...(commit !== undefined && { commit }),
  };
}
