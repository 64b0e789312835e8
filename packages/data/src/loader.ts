/**
 * `loader`: batches of tensors from numbered samples or a stream of them, epoch after epoch.
 *
 * The order of an epoch and everything that transforms draw depend on (seed, epoch, sample) alone, so a run that is
 * resumed at an epoch sees what the first run saw. uint8 stays uint8: the cast belongs to the graph.
 */

import {
  captureSite,
  checkOptions,
  DataError,
  formatSite,
  OptionError,
  PrewittError,
  type Site,
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

/** An iterable of batches. Every `for await` over it is one epoch. */
export class Loader<B> implements AsyncIterable<B> {
  /** Number of the epoch that the next `for await` runs, from 0. Set it to resume. */
  epoch = 0;
  /** Batches in an epoch; `undefined` for streams. */
  readonly length: number | undefined;
  /** Samples in an epoch; `undefined` for streams. */
  readonly samples: number | undefined;
  readonly #start: (epoch: number) => AsyncGenerator<B, void, undefined>;

  constructor(start: (epoch: number) => AsyncGenerator<B, void, undefined>, length?: number, samples?: number) {
    this.#start = start;
    this.length = length;
    this.samples = samples;
  }

  [Symbol.asyncIterator](): AsyncGenerator<B, void, undefined> {
    const { epoch } = this;
    if (!Number.isInteger(epoch) || epoch < 0) {
      throw new OptionError({
        op: "loader",
        summary: `epoch ${epoch} is not an integer of 0 or more`,
        at: formatSite(captureSite()),
      });
    }
    this.epoch = epoch + 1;
    return this.#start(epoch);
  }
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
  const planOf = (epoch: number): EpochPlan<S, T> => ({ batch, dropLast, seed, epoch, transform });
  const at = (stream: BatchStream<Batch<T>>) => prefetch(located(stream, site), depth);
  if (!isNumbered(source)) {
    checkStream(source, shuffle, site);
    const open = (): AsyncIterator<S> => (typeof source === "function" ? source() : source)[Symbol.asyncIterator]();
    return new Loader((epoch) => at(iteratedStream(open, planOf(epoch))));
  }
  const { length } = source;
  const batches = dropLast ? Math.floor(length / batch) : Math.ceil(length / batch);
  checkLength(length, batches, batch, site);
  const orderOf = (epoch: number): Int32Array =>
    shuffle ? shuffledOrder(length, seed, epoch) : Int32Array.from({ length }, (_, i) => i);
  return new Loader((epoch) => at(numberedStream(source, orderOf(epoch), planOf(epoch))), batches, length);
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
