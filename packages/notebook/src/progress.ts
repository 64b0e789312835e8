/**
 * `progress`: a loop that shows how far it is.
 *
 * On a terminal one line on stderr is redrawn at most ten times a second:
 *
 *     epoch 1 ━━━━━━━━━━━━──────── 43/79  loss 0.3124  1,234 images/s  0:12 left
 *
 * A loop inside another shows how far the outer one is before its own label: `seed 2/5 › epoch 1 ━━━━`.
 * In a pipe the same is printed as plain lines, every five seconds and at the end.
 */

import { captureSite, checkOptions, formatSite, isTensor, OptionError } from "@prewitt/core";
import { above, draw, enter, type LiveText, leave, liveTexts } from "./live-line.ts";
import { Speed } from "./speed.ts";
import { type ColourDepth, colourDepthOf, columnsOf, isTerminal, type Output } from "./terminal.ts";
import { formatDuration, formatMetric, formatRate } from "./units.ts";

export interface ProgressOptions {
  /** Steps in all; default: `length` or `size` of what is iterated, when it has one. */
  readonly total?: number | undefined;
  /** Shown before the bar. */
  readonly label?: string | undefined;
  /** What is counted per second; default: images for batches with an image, samples for other batches, else steps. */
  readonly unit?: string | undefined;
  /** Default: stderr. */
  readonly out?: Output | undefined;
}

/** Metrics to show, numbers at four significant digits. */
export type Metrics = Readonly<Record<string, number | string>>;

const REDRAW_MS = 100;
const LINE_MS = 5000;
const BAR_WIDTH = 24;
const BAR_LEAST = 8;

/** The state of one loop, and how it looks. */
class Bar implements LiveText {
  readonly #out: Output;
  readonly #label: string;
  readonly #unit: string | undefined;
  readonly #total: number | undefined;
  readonly #begin = performance.now();
  readonly #speed = new Speed(this.#begin);
  readonly #metrics: Metrics;
  readonly #terminal: boolean;
  readonly #outer: readonly LiveText[];
  readonly #colour: ColourDepth;
  #found = "steps";
  #shown = Number.NEGATIVE_INFINITY;

  constructor(options: ProgressOptions, total: number | undefined, metrics: Metrics) {
    this.#out = options.out ?? process.stderr;
    this.#label = options.label ?? "";
    this.#unit = options.unit;
    this.#total = total;
    this.#metrics = metrics;
    this.#terminal = isTerminal(this.#out);
    this.#colour = colourDepthOf(this.#out);
    this.#outer = this.#terminal ? [...liveTexts(this.#out)] : [];
    if (this.#terminal) {
      enter(this.#out, this);
      this.#show();
    } else this.#shown = this.#begin;
  }

  /** One step is done, with `item`. */
  step(item: unknown): void {
    const { unit, samples } = contentOf(item);
    this.#found = unit;
    const now = performance.now();
    this.#speed.add(now, samples);
    if (now - this.#shown >= (this.#terminal ? REDRAW_MS : LINE_MS)) this.#show();
  }

  /** The last line stays. */
  finish(): void {
    const last = this.#text(true);
    if (this.#terminal) leave(this.#out, this, last);
    else this.#out.write(`${last}\n`);
  }

  log(values: readonly unknown[]): void {
    above(this.#out, () => console.log(...values));
  }

  render(): string {
    return this.#text(false);
  }

  brief(): string {
    const { steps } = this.#speed;
    const count = this.#total === undefined ? `${steps}` : `${steps}/${this.#total}`;
    return this.#label === "" ? count : `${this.#label} ${count}`;
  }

  #show(): void {
    this.#shown = performance.now();
    if (this.#terminal) draw(this.#out, this);
    else this.#out.write(`${this.render()}\n`);
  }

  #text(over: boolean): string {
    const { steps } = this.#speed;
    const total = this.#total;
    const count = total === undefined ? `${steps.toLocaleString("en-US")} steps` : `${steps}/${total}`;
    const metrics = Object.entries(this.#metrics).map(
      ([k, v]) => `${k} ${typeof v === "number" ? formatMetric(v) : v}`,
    );
    const rate = this.#speed.rate(over ? "all" : "lately", this.#begin);
    const unit = this.#unit ?? this.#found;
    const perSecond = unit === "steps" ? rate?.steps : rate?.samples;
    const speed = perSecond === undefined ? [] : [`${formatRate(perSecond)} ${unit}/s`];
    const time: string[] = [];
    if (over) time.push(`in ${formatDuration((performance.now() - this.#begin) / 1000)}`);
    else if (total !== undefined && rate !== undefined && rate.steps > 0) {
      time.push(`${formatDuration(Math.max(0, total - steps) / rate.steps)} left`);
    }
    const rest = [count, ...metrics, ...speed, ...time].join("  ");
    return this.#terminal
      ? this.#fitted(rest, total === undefined ? undefined : steps / Math.max(total, 1))
      : this.#labelled(rest);
  }

  #labelled(rest: string): string {
    const label = this.#path;
    return label === "" ? rest : `${label}  ${rest}`;
  }

  /** The label, after those of the loops around this one and how far these are. */
  get #path(): string {
    return [...this.#outer.map((bar) => bar.brief()), this.#label].filter((part) => part !== "").join(" › ");
  }

  /** With a bar as wide as there is room for, cut so that the line never wraps. */
  #fitted(rest: string, fraction: number | undefined): string {
    const room = columnsOf(this.#out) - 1;
    const plain = this.#labelled(rest);
    const width = Math.min(BAR_WIDTH, room - plain.length - 2);
    if (fraction === undefined || width < BAR_LEAST)
      return plain.length > room ? `${plain.slice(0, room - 1)}…` : plain;
    const full = Math.round(Math.min(1, fraction) * width);
    const [done, left] = ["━".repeat(full), "─".repeat(width - full)];
    const bar = this.#colour === 1 ? done + left : `\u001b[32m${done}\u001b[39m\u001b[2m${left}\u001b[22m`;
    const label = this.#path;
    return label === "" ? `${bar}  ${rest}` : `${label}  ${bar}  ${rest}`;
  }
}

/** How many samples a batch holds, and what to call them. */
function contentOf(item: unknown): { unit: string; samples: number } {
  if (isTensor(item)) return { unit: item.rank === 4 ? "images" : "samples", samples: item.shape[0] ?? 1 };
  if (typeof item !== "object" || item === null || Array.isArray(item)) return { unit: "steps", samples: 1 };
  const tensors = Object.entries(item).filter(([, value]) => isTensor(value) && value.rank > 0);
  const image = tensors.find(([name]) => name === "image" || name === "images");
  const first = image?.[1] ?? tensors[0]?.[1];
  if (!isTensor(first)) return { unit: "steps", samples: 1 };
  return { unit: image === undefined ? "samples" : "images", samples: first.shape[0] as number };
}

/** What both kinds of loop share. */
abstract class ProgressBase {
  readonly #options: ProgressOptions;
  readonly #source: unknown;
  readonly #metrics: Record<string, number | string> = {};
  #bar: Bar | undefined;

  constructor(source: unknown, options: ProgressOptions) {
    this.#source = source;
    this.#options = options;
  }

  /** Shows metrics; those set earlier stay. */
  set(metrics: Metrics): void {
    Object.assign(this.#metrics, metrics);
  }

  /** Prints like `console.log`, above the bar. */
  log(...values: readonly unknown[]): void {
    if (this.#bar === undefined) console.log(...values);
    else this.#bar.log(values);
  }

  protected begin(): Bar {
    this.#bar = new Bar(this.#options, this.#options.total ?? lengthOf(this.#source), this.#metrics);
    return this.#bar;
  }
}

function lengthOf(source: unknown): number | undefined {
  const { length, size } = source as { length?: unknown; size?: unknown };
  return [length, size].find((n): n is number => typeof n === "number" && Number.isFinite(n));
}

/** An iterable that shows its progress. */
export class Progress<T> extends ProgressBase implements Iterable<T> {
  readonly #items: Iterable<T>;

  constructor(items: Iterable<T>, options: ProgressOptions) {
    super(items, options);
    this.#items = items;
  }

  *[Symbol.iterator](): Generator<T, void, undefined> {
    const bar = this.begin();
    try {
      for (const item of this.#items) {
        yield item;
        bar.step(item);
      }
    } finally {
      bar.finish();
    }
  }
}

/** An async iterable that shows its progress. */
export class AsyncProgress<T> extends ProgressBase implements AsyncIterable<T> {
  readonly #items: AsyncIterable<T>;

  constructor(items: AsyncIterable<T>, options: ProgressOptions) {
    super(items, options);
    this.#items = items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const bar = this.begin();
    try {
      for await (const item of this.#items) {
        yield item;
        bar.step(item);
      }
    } finally {
      bar.finish();
    }
  }
}

/**
 * Iterates over `items`, sync or async, and shows steps done and in all, metrics, speed and time left. `set` posts
 * metrics, `log` prints above the bar. Every loop over it shows a bar of its own.
 *
 * Throws `OptionError` for unknown options and for things that cannot be iterated.
 *
 * @example
 * const bar = progress(loader(mnist("train"), { batch: 64, shuffle: true }), { label: "epoch 1" });
 * for await (const { image, label } of bar) bar.set({ loss: await step(image, label).item() });
 */
export function progress<T>(items: AsyncIterable<T>, options?: ProgressOptions): AsyncProgress<T>;
export function progress<T>(items: Iterable<T>, options?: ProgressOptions): Progress<T>;
export function progress<T>(
  items: AsyncIterable<T> | Iterable<T>,
  options: ProgressOptions = {},
): AsyncProgress<T> | Progress<T> {
  checkOptions("progress", options, ["total", "label", "unit", "out"]);
  const { total } = options;
  if (total !== undefined && !(Number.isFinite(total) && total >= 0)) {
    throw new OptionError({
      op: "progress",
      summary: `total is ${total}`,
      fix: "pass the number of steps",
      at: formatSite(captureSite()),
    });
  }
  const object = Object(items) as object;
  if (Symbol.asyncIterator in object) return new AsyncProgress(items as AsyncIterable<T>, options);
  if (Symbol.iterator in object) return new Progress(items as Iterable<T>, options);
  throw new OptionError({
    op: "progress",
    summary: `${items === null ? "null" : typeof items} cannot be iterated`,
    fix: "pass an array, a loader or another iterable",
    at: formatSite(captureSite()),
  });
}
