/**
 * Rectified linear unit with a learned slope for negative x (K. He et al., "Delving deep into rectifiers", ICCV 2015):
 * weight [1], or [C] with a slope for each channel, as PyTorch's PReLU.
 */

import { checkOptions, locate, OptionError, type Tensor, type TensorSpec, type Variable } from "@prewitt/core";
import { leakyRelu } from "@prewitt/ops";
import { constant } from "../initializers/initializers.ts";
import { Module } from "../module/module.ts";
import { demandSize, inputSize } from "./sizes.ts";

export interface PReLUOptions {
  /** A slope for each channel, rather than one for all. Default false. */
  readonly perChannel?: boolean | undefined;
  /** Channels, with `perChannel`; inferred by `init` when absent. */
  readonly in?: number | undefined;
  /** First value of the slopes. Default 0.25. */
  readonly initial?: number | undefined;
}

const OP = "PReLU";

/**
 * x where x > 0, weight · x elsewhere. Weight decay pulls the slopes towards 0, a plain relu: leave them out of it.
 *
 * @example new PReLU({ perChannel: true })
 */
export class PReLU extends Module {
  weight!: Variable;
  readonly options: PReLUOptions;

  /** Throws `OptionError` for unknown options, values out of range, and `in` without `perChannel`. */
  constructor(options: PReLUOptions = {}) {
    super();
    checkOptions(OP, options, ["perChannel", "in", "initial"], {
      num_parameters: "in",
      numParameters: "in",
      init: "initial",
    });
    const { perChannel = false, initial = 0.25 } = options;
    if (options.in !== undefined) demandSize(OP, "in", options.in, "in: 64, or leave it out");
    const problems = [
      ...(options.in !== undefined && !perChannel ? [`in is ${options.in}, but all channels share one slope`] : []),
      ...(Number.isFinite(initial) ? [] : [`initial is ${initial}, not a number`]),
    ];
    if (problems.length > 0) {
      throw locate(
        new OptionError({
          op: OP,
          summary: "options do not fit",
          problems,
          fix: "write new PReLU({ perChannel: true })",
        }),
      );
    }
    this.options = options;
  }

  #channels(given: number | undefined, inputs: readonly TensorSpec[] | undefined, built = false): number {
    const request = {
      op: OP,
      what: "channels",
      given,
      option: "in",
      built,
      axes: ["N", "C", "H", "W"],
      axis: 1,
      ranks: [2, 3, 4],
      rankFix: "give it [N, C], [N, C, L] or [N, C, H, W], or leave perChannel out",
    };
    return inputSize(request, inputs);
  }

  override build(inputs: readonly TensorSpec[] | undefined): void {
    const { perChannel, initial = 0.25 } = this.options;
    const count = perChannel === true ? this.#channels(this.options.in, inputs) : 1;
    this.weight = this.parameter("weight", [count], constant(initial), inputs?.[0]?.dtype ?? "float32");
  }

  forward(x: Tensor): Tensor {
    const slopes = this.weight.read();
    if (this.options.perChannel !== true) return leakyRelu(x, { negativeSlope: slopes.reshape([]) });
    const channels = this.#channels(slopes.size, [x], true);
    return leakyRelu(x, { negativeSlope: slopes.reshape(x.shape.map((_, axis) => (axis === 1 ? channels : 1))) });
  }

  override describe(): string {
    if (this.options.perChannel !== true) return "one slope";
    return `${this.weight?.shape[0] ?? this.options.in ?? "?"} slopes`;
  }
}
