/**
 * Where batches come from: numbered samples in some order, or a stream of samples.
 *
 * `next` gives one batch after the other, `undefined` at the end; it is never called again before it has settled.
 * `close` ends the source early.
 */

import { DataError } from "@prewitt/core";
import type { SampleTransform } from "./augment/image-step.ts";
import { collate } from "./collate.ts";
import type { AsyncSource, Source } from "./dataset.ts";
import type { Batch, Sample } from "./nd-array.ts";
import { SampleRandom } from "./random.ts";

export interface BatchStream<B> {
  next(): Promise<B | undefined>;
  close(): Promise<void>;
}

/** What both kinds of stream need to know of one epoch. */
export interface EpochPlan<S, T> {
  readonly batch: number;
  readonly dropLast: boolean;
  readonly seed: number;
  readonly epoch: number;
  readonly transform: SampleTransform<S, T> | undefined;
  /** Batches at the beginning that are left out, because an earlier run has seen them. */
  readonly skip: number;
}

function finish<S extends Sample<S>, T extends Sample<T>>(
  samples: readonly S[],
  indices: ArrayLike<number>,
  plan: EpochPlan<S, T>,
): Batch<T> {
  const { transform, seed, epoch } = plan;
  if (transform === undefined) return collate(samples as unknown as readonly T[], indices);
  const changed = samples.map((sample, k) => transform(sample, new SampleRandom(seed, epoch, indices[k] as number)));
  return collate(changed, indices);
}

/** Batches of numbered samples, in the given order. */
export function numberedStream<S extends Sample<S>, T extends Sample<T>>(
  source: Source<S> | AsyncSource<S>,
  order: Int32Array,
  plan: EpochPlan<S, T>,
): BatchStream<Batch<T>> {
  let at = plan.skip * plan.batch;
  let ready = false;
  return {
    async next() {
      if (!ready) await source.ready?.();
      ready = true;
      const indices = order.subarray(at, at + plan.batch);
      if (indices.length === 0 || (plan.dropLast && indices.length < plan.batch)) return undefined;
      at += indices.length;
      if (plan.transform === undefined && "batch" in source && source.batch !== undefined) {
        return source.batch(indices) as unknown as Batch<T>;
      }
      const samples = await Promise.all(Array.from(indices, (i) => source.get(i)));
      return finish(samples, indices, plan);
    },
    async close() {},
  };
}

/** Batches of the samples of an iterator, in its order. */
export function iteratedStream<S extends Sample<S>, T extends Sample<T>>(
  open: () => AsyncIterator<S>,
  plan: EpochPlan<S, T>,
): BatchStream<Batch<T>> {
  let iterator: AsyncIterator<S> | undefined;
  let count = 0;
  let skipped = 0;
  let ended = false;
  const pull = async (): Promise<S[]> => {
    iterator ??= open();
    const samples: S[] = [];
    try {
      while (samples.length < plan.batch && !ended) {
        const result = await iterator.next();
        if (result.done) ended = true;
        else samples.push(result.value);
      }
    } catch (error) {
      // An iterator that threw is at its end; it is not told to return.
      ended = true;
      iterator = undefined;
      throw error;
    }
    return samples;
  };
  return {
    async next() {
      for (; skipped < plan.skip && !ended; skipped++) count += (await pull()).length;
      if (ended) return undefined;
      const samples = await pull();
      const first = count;
      count += samples.length;
      if (count === 0) {
        throw new DataError({
          op: "loader",
          summary: "the source gave no sample",
          problems: ["a generator gives its samples once; a second epoch finds it at its end"],
          fix: "pass a function that makes a new iterable for every epoch",
        });
      }
      if (samples.length === 0 || (plan.dropLast && samples.length < plan.batch)) return undefined;
      return finish(
        samples,
        samples.map((_, k) => first + k),
        plan,
      );
    },
    async close() {
      if (!ended) await iterator?.return?.();
      ended = true;
    },
  };
}
