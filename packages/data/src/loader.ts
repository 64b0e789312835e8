/**
 * `loader`: batches of tensors from numbered samples or a stream of them, epoch after epoch.
 *
 * The order of an epoch and everything that transforms draw depend on (seed, epoch, sample) alone, so a run that is
 * resumed at any batch sees what the first run saw, and the position is three numbers. uint8 stays uint8: the cast belongs to the graph.
 */

import {
  captureSite,
  checkOptions,
  DataError,
  formatSite,
  OptionError,
  PrewittError,
  type Site,
  StateError,
  session,
} from "@prewitt/core";
import type { SampleTransform } from "./augment/image-step.ts";
import { type BatchStream, type EpochPlan, iteratedStream, numberedStream } from "./batch-streams.ts";
import type { AsyncSource, Source } from "./dataset.ts";
import type { Batch, Sample } from "./nd-array.ts";
import { prefetch } from "./prefetch.ts";
import { checkSeed, shuffledOrder } from "./random.ts";

export interface LoaderOptions<S, T = S> {
  /** Samples in a batch. */
  readonly batch: number;
  /** A new order in every epoch (default false). Streams cannot be shuffled. */
  readonly shuffle?: boolean | undefined;
  /** Default: the seed of the session, as it is when the loader is made. */
  readonly seed?: number | undefined;
  /** Leave out a last batch with fewer samples (default false). */
  readonly dropLast?: boolean | undefined;
  /** Most batches made ahead of the one in use (default 2). */
  readonly prefetch?: number | undefined;
  /** Changes every sample when it is read, with random numbers of its own. */
  readonly transform?: SampleTransform<S, T> | undefined;
}

/** Samples that come one after the other; a function makes a new iterable for every epoch. */
export type Stream<S> = AsyncIterable<S> | (() => AsyncIterable<S>);

/** What the batches of a loader depend on besides its data. */
export interface LoaderPlan {
  readonly batch: number;
  readonly shuffle: boolean;
  readonly dropLast: boolean;
  /** In an epoch; `null` for streams. */
  readonly samples: number | null;
}

/** Where a loader is, with what it must agree on to go on there. */
export interface LoaderState extends LoaderPlan {
  readonly seed: number;
  readonly epoch: number;
  /** Batches of that epoch that were given. */
  readonly batches: number;
}

/** Makes the batches of one epoch, without the first `skip`. */
type Start<B> = (epoch: number, seed: number, skip: number) => AsyncGenerator<B, void, undefined>;

/** An iterable of batches. Every `for await` over it is one epoch. */
export class Loader<B> implements AsyncIterable<B> {
  /** Batches in an epoch; `undefined` for streams. */
  readonly length: number | undefined;
  /** Samples in an epoch; `undefined` for streams. */
  readonly samples: number | undefined;
  readonly #start: Start<B>;
  readonly #plan: LoaderPlan;
  #seed: number;
  #next: Position = { epoch: 0, batches: 0 };
  /** Where the epoch that was begun last is; `undefined` when it came to its end. */
  #current: Position | undefined;

  constructor(start: Start<B>, plan: LoaderPlan, seed: number, length?: number) {
    this.#start = start;
    this.#plan = plan;
    this.#seed = seed;
    this.length = length;
    this.samples = plan.samples ?? undefined;
  }

  /** Number of the epoch that the next `for await` runs, from 0. Set it to begin another one. */
  get epoch(): number {
    return this.#next.epoch;
  }

  set epoch(epoch: number) {
    this.#next = { epoch, batches: 0 };
    this.#current = undefined;
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const { epoch, batches } = this.#next;
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new OptionError({
        op: "loader",
        summary: `epoch ${epoch} is not an integer of 0 or more`,
        at: formatSite(captureSite()),
      });
    }
    this.epoch = epoch + 1;
    const current = { epoch, batches };
    this.#current = current;
    return this.#run(current);
  }

  async *#run(current: Position): AsyncGenerator<B, void, undefined> {
    for await (const batch of this.#start(current.epoch, this.#seed, current.batches)) {
      current.batches++;
      yield batch;
    }
    if (this.#current === current) this.#current = undefined;
  }

  /**
   * Where the loader is: what a checkpoint saves. Inside a `for await` the batch in hand counts as given; after one that
   * was left early the state is where it was left.
   */
  stateDict(): LoaderState {
    return { ...this.#plan, seed: this.#seed, ...(this.#current ?? this.#next) };
  }

  /**
   * Goes on where `state` was taken: the next `for await` gives the batches of its epoch that were not given yet, none if
   * all were. Order and random numbers are those of the seed in `state`.
   *
   * Throws `StateError` that lists what differs when batch size, shuffling or number of samples are others.
   */
  loadStateDict(state: LoaderState): void {
    const names = ["batch", "shuffle", "dropLast", "samples"] as const;
    const differing = names.filter((name) => state[name] !== this.#plan[name]);
    const counts = [state.seed, state.epoch, state.batches];
    const known = counts.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (differing.length > 0 || !known) {
      throw new StateError({
        op: "loader",
        summary: "the position is that of another loader",
        problems: [
          ...differing.map((name) => `${name} was ${state[name]}, and is ${this.#plan[name]}`),
          ...(known ? [] : [`seed ${state.seed}, epoch ${state.epoch} and batches ${state.batches} must be counts`]),
        ],
        fix: "make the loader with the same data and options, or leave its position out",
        at: formatSite(captureSite(Loader.prototype.loadStateDict)),
      });
    }
    this.epoch = state.epoch;
    this.#next = { epoch: state.epoch, batches: state.batches };
    this.#seed = state.seed;
  }
}

interface Position {
  epoch: number;
  batches: number;
}

const known = ["batch", "shuffle", "seed", "dropLast", "prefetch", "transform"];

/**
 * Batches of `source`: a `Dataset`, anything with `length` and `get(index)` (which may return a promise), an async
 * iterable of samples, or a function that returns one. A batch has the fields of a sample as tensors, e.g.
 * { image: uint8 [B, 1, 28, 28], label: int32 [B] }.
 *
 * Throws `OptionError` for unknown or impossible options and `DataError` for an empty data set. Errors of the source and
 * samples that do not fit together reach the `for await`; leaving it early ends the source.
 *
 * @example
 * for await (const { image, label } of loader(mnist("train"), { batch: 64, shuffle: true, seed: 1 })) { … }
 */
export function loader<S extends Sample<S>, T extends Sample<T> = S>(
  source: Source<S> | AsyncSource<S> | Stream<S>,
  options: LoaderOptions<S, T>,
): Loader<Batch<T>> {
  const site = captureSite(loader);
  checkLoaderOptions(options, site);
  const { batch, dropLast = false, shuffle = false, seed = session.seed, transform, prefetch: depth = 2 } = options;
  const planOf = (epoch: number, own: number, skip: number): EpochPlan<S, T> => ({
    batch,
    dropLast,
    seed: own,
    epoch,
    transform,
    skip,
  });
  const at = (stream: BatchStream<Batch<T>>) => prefetch(located(stream, site), depth);
  if (!isNumbered(source)) {
    checkStream(source, shuffle, site);
    const open = (): AsyncIterator<S> => (typeof source === "function" ? source() : source)[Symbol.asyncIterator]();
    const start: Start<Batch<T>> = (...position) => at(iteratedStream(open, planOf(...position)));
    return new Loader(start, { batch, shuffle, dropLast, samples: null }, seed);
  }
  const { length } = source;
  const batches = dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
  checkLength(length, batches, batch, site);
  const orderOf = (epoch: number, own: number): Int32Array =>
    shuffle ? shuffledOrder(length, own, epoch) : Int32Array.from({ length }, (_, i) => i);
  const start: Start<Batch<T>> = (epoch, own, skip) =>
    at(numberedStream(source, orderOf(epoch, own), planOf(epoch, own, skip)));
  return new Loader(start, { batch, shuffle, dropLast, samples: length }, seed, batches);
}

function isNumbered<S>(source: Source<S> | AsyncSource<S> | Stream<S>): source is Source<S> | AsyncSource<S> {
  return typeof source === "object" && source !== null && "length" in source && "get" in source;
}

/** Adds the line that made the loader to errors that know no other. */
function located<B>(stream: BatchStream<B>, site: Site): BatchStream<B> {
  return {
    close: () => stream.close(),
    next: async () => {
      try {
        return await stream.next();
      } catch (error) {
        throw error instanceof PrewittError ? error.fill({ at: formatSite(site) }) : error;
      }
    },
  };
}

function checkLoaderOptions<S, T>(options: LoaderOptions<S, T>, site: Site): void {
  checkOptions("loader", options ?? {}, known);
  const problems: string[] = [];
  const { batch, prefetch: depth = 0, seed, transform } = options ?? {};
  if (!Number.isInteger(batch) || batch < 1) problems.push(`batch is ${batch}, and must be an integer of 1 or more`);
  if (!Number.isInteger(depth) || depth < 0) problems.push(`prefetch is ${depth}, and must be an integer of 0 or more`);
  if (transform !== undefined && typeof transform !== "function")
    problems.push(`transform is ${typeof transform}, and must be a function`);
  for (const name of ["shuffle", "dropLast"] as const) {
    const value: unknown = options?.[name];
    if (value !== undefined && typeof value !== "boolean")
      problems.push(`${name} is ${String(value)}, and must be true or false`);
  }
  if (problems.length > 0) {
    throw new OptionError({
      op: "loader",
      summary: "impossible options",
      problems,
      fix: "pass for instance { batch: 64, shuffle: true }",
      at: formatSite(site),
    });
  }
  if (seed !== undefined) checkSeed("loader", seed);
}

function checkStream(source: unknown, shuffle: boolean, site: Site): void {
  const at = formatSite(site);
  const iterable =
    typeof source === "function" || (typeof source === "object" && source !== null && Symbol.asyncIterator in source);
  if (!iterable) {
    throw new OptionError({
      op: "loader",
      summary: "the source is neither a data set nor an async iterable",
      fix: "pass a Dataset, { length, get(index) }, an async iterable or a function that makes one; wrap an array with dataset(array)",
      at,
    });
  }
  if (shuffle) {
    throw new OptionError({
      op: "loader",
      summary: "a stream has no numbered samples to shuffle",
      fix: "shuffle the source, or pass { length, get(index) }",
      at,
    });
  }
}

function checkLength(length: number, batches: number, batch: number, site: Site): void {
  const at = formatSite(site);
  if (!Number.isInteger(length) || length < 1) {
    throw new DataError({
      op: "loader",
      summary: length === 0 ? "the data set is empty" : `the data set has length ${length}`,
      fix: "check how it was made: take, subset or the folder it was read from",
      at,
    });
  }
  if (batches > 0) return;
  throw new DataError({
    op: "loader",
    summary: "an epoch has no batch",
    problems: [`${length} samples make no full batch of ${batch}, and dropLast leaves out the rest`],
    fix: `batch: ${length} or less, or dropLast: false`,
    at,
  });
}
