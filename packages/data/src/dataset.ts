/**
 * `Dataset`: numbered samples, with the views that experiments need: the first n, some of them, a transformed form.
 *
 * Nothing is copied by a view. A source may offer `batch`, which gathers many samples at once, and `ready`, which
 * fetches what is not on this machine yet; the loader uses both.
 */

import { captureSite, DataError, formatSite, IndexError, OptionError } from "@prewitt/core";
import { collate } from "./collate.ts";
import type { Batch, Sample } from "./nd-array.ts";

/** Anything with a length and numbered samples. */
export interface Source<S> {
  readonly length: number;
  /** Sample number `index`. It may be a view of shared memory, so it must not be written to. */
  get(index: number): S;
  /** The samples at `indices` in one go. */
  batch?(indices: ArrayLike<number>): Batch<S>;
  /** Resolves when samples can be read, for sources that have to fetch them. */
  ready?(): Promise<void>;
  /** Names of the classes that an int32 `label` counts through. */
  readonly classes?: readonly string[] | undefined;
}

/** A source whose samples arrive later, such as image files that are decoded on demand. */
export interface AsyncSource<S> {
  readonly length: number;
  get(index: number): Promise<S>;
  ready?(): Promise<void>;
}

export class Dataset<S extends Sample<S>> implements Source<S> {
  readonly #source: Source<S>;

  constructor(source: Source<S>) {
    this.#source = source;
  }

  /** Number of samples. */
  get length(): number {
    return this.#source.length;
  }

  /** Names of the classes, where the labels are class numbers. */
  get classes(): readonly string[] | undefined {
    return this.#source.classes;
  }

  /**
   * Sample number `index`, as a view that must not be written to.
   * Throws `IndexError` outside 0 … length − 1.
   */
  get(index: number): S {
    this.#check(index);
    return this.#source.get(index);
  }

  /**
   * The samples at `indices`, or all of them, as tensors with the batch as first axis.
   *
   * @example const { image, label } = mnist("test").batch([0, 1, 2]); // uint8 [3, 1, 28, 28] and int32 [3]
   */
  batch(indices: ArrayLike<number> = Int32Array.from({ length: this.length }, (_, i) => i)): Batch<S> {
    for (let k = 0; k < indices.length; k++) this.#check(indices[k] as number);
    if (indices.length === 0) {
      throw new DataError({ op: "batch", summary: "a batch of no samples", at: formatSite(captureSite()) });
    }
    if (this.#source.batch !== undefined) return this.#source.batch(indices);
    return collate(
      Array.from(indices, (i) => this.#source.get(i)),
      indices,
    );
  }

  /** Resolves when samples can be read. Rejects with `DataError` when they cannot be had. */
  async ready(): Promise<void> {
    await this.#source.ready?.();
  }

  /** The samples at `indices`, in that order. */
  subset(indices: ArrayLike<number>): Dataset<S> {
    for (let k = 0; k < indices.length; k++) this.#check(indices[k] as number);
    const chosen = Int32Array.from(indices);
    const at = (k: number): number => chosen[k] as number;
    return new Dataset<S>({
      length: chosen.length,
      classes: this.classes,
      get: (k) => this.#source.get(at(k)),
      batch: (ks) => this.batch(Int32Array.from(ks, at)),
      ready: () => this.ready(),
    });
  }

  /** The first `count` samples. Throws `OptionError` when there are fewer. */
  take(count: number): Dataset<S> {
    if (!Number.isInteger(count) || count < 0 || count > this.length) {
      throw new OptionError({
        op: "take",
        summary: `cannot take ${count} of ${this.length} samples`,
        fix: `take 0 … ${this.length}`,
        at: formatSite(captureSite()),
      });
    }
    return this.subset(Int32Array.from({ length: count }, (_, i) => i));
  }

  /** Every sample through `change`, each time it is read. */
  map<T extends Sample<T>>(change: (sample: S, index: number) => T): Dataset<T> {
    return new Dataset<T>({
      length: this.length,
      classes: this.classes,
      get: (i) => change(this.#source.get(i), i),
      ready: () => this.ready(),
    });
  }

  #check(index: number): void {
    if (Number.isInteger(index) && index >= 0 && index < this.length) return;
    throw new IndexError({
      op: "dataset",
      summary: `there is no sample ${index}`,
      problems: [`the data set has ${this.length} samples, 0 … ${this.length - 1}`],
      at: formatSite(captureSite()),
    });
  }
}

/**
 * A `Dataset` over an array of samples, or over anything with `length` and `get(index)`.
 *
 * @example dataset([{ x: ndArray(Float32Array.of(0, 1), [2]), label: 1 }])
 */
export function dataset<S extends Sample<S>>(source: Source<S> | readonly S[]): Dataset<S> {
  if (!Array.isArray(source)) return new Dataset(source as Source<S>);
  const samples = source as readonly S[];
  return new Dataset<S>({ length: samples.length, get: (i) => samples[i] as S });
}
