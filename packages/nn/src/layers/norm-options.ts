/** Checks that the normalising layers share. */

import { locate, OptionError, StateError, type TensorSpec } from "@prewitt/core";

/** Throws `OptionError` unless `eps` is absent or a positive number. */
export function demandEps(op: string, eps: number | undefined): void {
  if (eps === undefined || (eps > 0 && Number.isFinite(eps))) return;
  throw locate(
    new OptionError({
      op,
      summary: `eps must be a positive number, got ${eps}`,
      fix: "write eps: 1e-5, or leave it out",
    }),
  );
}

/** The input that reaches a layer. Throws `StateError` where it is built without one. */
export function demandInput(op: string, summary: string, inputs: readonly TensorSpec[] | undefined): TensorSpec {
  const x = inputs?.[0];
  if (x !== undefined) return x;
  throw locate(new StateError({ op, summary, fix: "call init(model, inputShape)" }));
}
