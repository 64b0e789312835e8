/**
 * `startRun`: the record of an experiment, one JSON object a line in `runs/<name>/metrics.jsonl`. A run appends; what was
 * there stays, so that a name collects all its runs and a crash loses at most the line being written.
 *
 *     {"event":"start","run":"2026-01-02T03-04-05-678Z","time":…,"config":{…},"seed":1,"environment":{…}}
 *     {"event":"log","run":…,"time":…,"values":{"step":1,"loss":2.3}}
 *     {"event":"end","run":…,"time":…,"outcome":"done"}
 */

import { appendFileSync, existsSync, mkdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { checkOptions, OptionError, session } from "@prewitt/core";
import { report, runningLine } from "../report/events.ts";
import { commitOf, type Environment, environmentOf } from "./environment.ts";

/** Plain data: what JSON can hold. */
export type Plain = null | boolean | number | string | readonly Plain[] | { readonly [key: string]: Plain };

export type Values = Readonly<Record<string, number | string | boolean>>;

export interface RunOptions {
  /** What the run was made with: plain data. */
  readonly config?: Readonly<Record<string, Plain>> | undefined;
  /** Where the folders of runs are (default "runs"). */
  readonly folder?: string | undefined;
}

export class Run implements Disposable {
  readonly name: string;
  /** Tells the runs of one name apart: when it began. */
  readonly id: string;
  /** `runs/<name>`, for whatever belongs to the run. */
  readonly folder: string;
  readonly file: string;
  readonly #readers = new Set<(values: Values) => void>();
  #ended = false;

  constructor(name: string, folder: string, header: { config: unknown; seed: number; environment: Environment }) {
    this.name = name;
    this.id = new Date().toISOString().replaceAll(":", "-").replace(".", "-");
    this.folder = join(folder, name);
    this.file = join(this.folder, "metrics.jsonl");
    mkdirSync(this.folder, { recursive: true });
    this.#append("start", header);
  }

  /**
   * Appends values such as `{ step, loss }`; NaN and infinities are kept as text. Whoever `follow`s the run gets them too.
   *
   * Throws `OptionError` after the run has ended.
   */
  log(values: Values): void {
    if (this.#ended) {
      throw new OptionError({ op: "log", summary: `run "${this.name}" has ended`, fix: "start another one" });
    }
    this.#append("log", { values });
    for (const reader of this.#readers) reader(values);
  }

  /** Calls `reader` with everything that is logged from now on; the function that it returns stops that. */
  follow(reader: (values: Values) => void): () => void {
    this.#readers.add(reader);
    return () => this.#readers.delete(reader);
  }

  /** Path of a file in the run's folder. */
  path(file: string): string {
    return join(this.folder, file);
  }

  /** Marks the end; later calls do nothing. */
  end(outcome: "done" | "interrupted" | "failed" = "done"): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#append("end", { outcome });
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #append(event: string, content: object): void {
    const line = JSON.stringify({ event, run: this.id, time: Date.now(), ...content }, (_, value) =>
      typeof value === "number" && !Number.isFinite(value) ? String(value) : value,
    );
    appendFileSync(this.file, `${line}\n`);
  }
}

/**
 * Starts a run: makes its folder and writes config, seed and environment.
 *
 * Throws `OptionError` for unknown options and a name that is no path inside the folder.
 *
 * @example
 * using run = await startRun("mnist", { config: { learningRate: 1e-3 } });
 * run.log({ step: 1, loss: 2.3 });
 */
export async function startRun(name: string, options: RunOptions = {}): Promise<Run> {
  checkOptions("startRun", options, ["config", "folder"]);
  checkName("startRun", name);
  const { config = {}, folder = "runs" } = options;
  const line = runningLine();
  const environment = { ...environmentOf(), commit: await commitOf() };
  const run = new Run(name, folder, { config, seed: session.seed, environment });
  report({ type: "run", line, name, id: run.id, folder: resolve(folder) });
  return run;
}

export function checkName(op: string, name: string): void {
  const parts = typeof name === "string" ? name.split("/") : [];
  if (parts.length > 0 && parts.every((part) => /^[\p{L}\p{N}][\p{L}\p{N}._-]*$/u.test(part))) return;
  throw new OptionError({
    op,
    summary: `"${String(name)}" is no name of a run`,
    fix: 'use letters, digits, ".", "_", "-" and "/" between folders: "mnist/adam-1e-3"',
  });
}

/** One finished or unfinished run, read back. */
export interface RunRecord {
  readonly name: string;
  readonly id: string;
  readonly config: Readonly<Record<string, Plain>>;
  readonly seed: number;
  readonly environment: Environment;
  /** What was logged, in order. */
  readonly rows: readonly Values[];
  /** "unfinished" for a run that still goes on or was killed. */
  readonly outcome: "done" | "interrupted" | "failed" | "unfinished";
}

type Line = { readonly event: string; readonly run: string } & Readonly<Record<string, unknown>>;

/**
 * The runs of a name, oldest first; [] when there is none. A last line that a crash cut short is left out.
 *
 * @example const [first] = readRuns("mnist"); first.rows.map((row) => row.loss);
 */
export function readRuns(name: string, options: { readonly folder?: string | undefined } = {}): RunRecord[] {
  checkOptions("readRuns", options, ["folder"]);
  checkName("readRuns", name);
  const file = join(options.folder ?? "runs", name, "metrics.jsonl");
  if (!existsSync(file)) return [];
  const runs = new Map<string, { -readonly [K in keyof RunRecord]: RunRecord[K] } & { rows: Values[] }>();
  for (const line of readFileSync(file, "utf8").split("\n")) {
    const parsed = parseLine(line);
    if (parsed === undefined) continue;
    if (parsed.event === "start") {
      const { config, seed, environment } = parsed as unknown as RunRecord;
      runs.set(parsed.run, { name, id: parsed.run, config, seed, environment, rows: [], outcome: "unfinished" });
    }
    const run = runs.get(parsed.run);
    if (parsed.event === "log") run?.rows.push(numbersIn(parsed.values as Values));
    if (parsed.event === "end" && run !== undefined) run.outcome = parsed.outcome as RunRecord["outcome"];
  }
  return [...runs.values()];
}

function parseLine(line: string): Line | undefined {
  try {
    const parsed: unknown = JSON.parse(line);
    return typeof parsed === "object" && parsed !== null && "event" in parsed && "run" in parsed
      ? (parsed as Line)
      : undefined;
  } catch {
    return undefined;
  }
}

const NOT_FINITE = new Map([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
]);

function numbersIn(values: Values): Values {
  return Object.fromEntries(
    Object.entries(values).map(([name, v]) => [name, typeof v === "string" ? (NOT_FINITE.get(v) ?? v) : v]),
  );
}
