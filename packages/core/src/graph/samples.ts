/**
 * Samples of an op: inputs, options and errors that the op battery runs it on.
 *
 * They lie beside the op in `<op>.samples.ts`, which only tests load. Inputs are described, not built, so that the
 * battery can make the same case in float32 and float64, and draw other values from the same domain.
 */

import type { Shape } from "../tensor/shape.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** One input of a case. */
export interface SampleInput {
  readonly shape: Shape;
  /** "float" stands for each float dtype in turn. Default "float". */
  readonly dtype?: "float" | "float32" | "int32" | "uint8" | "bool" | undefined;
  /** Elements in row-major order; drawn from `domain` when absent. */
  readonly values?: readonly number[] | undefined;
  /**
   * Range from which the battery may draw other values, integers for integer dtypes. The op is smooth inside it, so
   * that differences may be taken. Default [−2, 2]; [0, 1] for bool. Not used where `values` are given.
   */
  readonly domain?: readonly [low: number, high: number] | undefined;
}

/** One call of the op. */
export interface OpCase {
  readonly name: string;
  readonly inputs: readonly SampleInput[];
  readonly call: (...inputs: Tensor[]) => Tensor | readonly Tensor[];
  /** Inputs along which directional derivatives are checked; all float inputs when absent. `[]` at kinks. */
  readonly differentiable?: readonly number[] | undefined;
  /** Whether the second order is checked too. Default true. */
  readonly secondOrder?: boolean | undefined;
  /** Known elements of each output; `null` leaves an output unchecked. */
  readonly expected?: readonly (readonly number[] | null)[] | undefined;
  /**
   * Known gradients of the sum of the first output, one list per input: the way to state what happens at kinks.
   * `null` for an input that has none.
   */
  readonly gradients?: readonly (readonly number[] | null)[] | undefined;
}

/** One call that must throw. */
export interface OpErrorCase {
  readonly name: string;
  readonly make: () => unknown;
  readonly error: "ShapeError" | "DTypeError" | "OptionError" | "GradientError" | "IndexError" | "DataError";
  /** All lines of the message but the user's line (`at …`), or a pattern. */
  readonly message: readonly string[] | RegExp;
}

export interface OpSamples {
  /** Name of the op, or of the function where it is built of several. */
  readonly op: string;
  readonly cases: readonly OpCase[];
  readonly errors?: readonly OpErrorCase[] | undefined;
}
