/**
 * Templates of random graphs: each adds one line of code to a program, from values that are there already.
 *
 * A template is given the code's values and a stream of choices, and returns an expression, or nothing where it does not
 * apply. Code is what a failing test prints, and it is what runs, so the two cannot differ. Choices are small numbers in
 * which 0 is the simplest: that is what shrinking leads to.
 */

import { type DType, type Shape, sizeOf } from "@prewitt/core";

/** A value of the program so far. */
export interface GraphValue {
  /** Its variable in the code. */
  readonly name: string;
  readonly shape: Shape;
  readonly dtype: DType;
  /** Names of the values that it is computed from, itself among them. */
  readonly from: ReadonlySet<string>;
}

export interface TemplateContext {
  /** A value that fulfils the condition, the latest first; `undefined` where there is none. */
  pick(condition?: (value: GraphValue) => boolean): GraphValue | undefined;
  /** A float value of the program's float type. */
  float(condition?: (value: GraphValue) => boolean): GraphValue | undefined;
  /** An integer from `min` to `max`. */
  integer(min: number, max: number): number;
  /** One of the options. */
  choose<T>(...options: readonly T[]): T;
  /** A number that is written into the code; often one of the literals 0, ±1, 2 and ½. */
  number(): number;
}

export interface GraphTemplate {
  readonly name: string;
  /** How often it is drawn. Default 1. */
  readonly weight?: number | undefined;
  /** An expression that gives a tensor, or an array or record of tensors. */
  write(context: TemplateContext): string | undefined;
}

/** Reads a stream of choices, over and over. */
export class Choices implements TemplateContext {
  readonly #values: readonly GraphValue[];
  readonly #stream: readonly number[];
  readonly #dtype: DType;
  #at = 0;

  constructor(values: readonly GraphValue[], stream: readonly number[], dtype: DType) {
    this.#values = values;
    this.#stream = stream;
    this.#dtype = dtype;
  }

  #next(): number {
    return this.#stream[this.#at++ % this.#stream.length] as number;
  }

  pick(condition: (value: GraphValue) => boolean = () => true): GraphValue | undefined {
    const fitting = this.#values.filter(condition).reverse();
    const choice = this.#next();
    // Half of the picks are among the latest three, so that graphs get deep.
    return fitting[choice % Math.max(1, choice % 2 === 0 ? Math.min(3, fitting.length) : fitting.length)];
  }

  float(condition: (value: GraphValue) => boolean = () => true): GraphValue | undefined {
    return this.pick((v) => v.dtype === this.#dtype && sizeOf(v.shape) > 0 && condition(v));
  }

  integer(min: number, max: number): number {
    return min + (this.#next() % (Math.max(min, max) - min + 1));
  }

  choose<T>(...options: readonly T[]): T {
    return options[this.#next() % options.length] as T;
  }

  number(): number {
    return this.choose(1, 2, 0.5, -1, 0, 0.3, -1.7, 3);
  }
}
