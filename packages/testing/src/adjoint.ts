/**
 * The adjoint identity, exactly: for a linear map A and its transpose, ⟨A x, y⟩ = ⟨x, Aᵀ y⟩.
 *
 * On integers small enough that no sum rounds, both sides are the same number, not nearly the same: a wrong index
 * anywhere in a rule or a kernel shows, however small its weight.
 */

import { PrewittError, type Tensor, vjp } from "@prewitt/core";

/** Integers up to here are exact in float32, and so are their sums in any order. */
const EXACT = 2 ** 24;

export interface AdjointOptions {
  /** The transpose of `fn`. Default: its gradient rule. */
  readonly adjoint?: ((y: Tensor) => Tensor) | undefined;
}

/** ⟨A x, y⟩ and ⟨x, Aᵀ y⟩. */
export interface AdjointSides {
  readonly forward: number;
  readonly backward: number;
}

/**
 * Both sides of the identity for a linear `fn` at integer-valued `x` and `y` (shaped like the result). Throws when a
 * value on the way is no integer, or so large that sums may round.
 */
export function adjointSides(
  fn: (x: Tensor) => Tensor,
  x: Tensor,
  y: Tensor,
  options: AdjointOptions = {},
): AdjointSides {
  const [ax, pull] = vjp((t: Tensor): Tensor => fn(t), x);
  const aty = options.adjoint === undefined ? (pull(y) as Tensor) : options.adjoint(y);
  return { forward: exactDot(ax, y, "⟨A x, y⟩"), backward: exactDot(x, aty, "⟨x, Aᵀ y⟩") };
}

/** Throws unless both sides are equal. */
export function checkAdjoint(fn: (x: Tensor) => Tensor, x: Tensor, y: Tensor, options: AdjointOptions = {}): void {
  const { forward, backward } = adjointSides(fn, x, y, options);
  if (forward !== backward)
    throw new PrewittError({ op: "checkAdjoint", summary: `⟨A x, y⟩ = ${forward}, but ⟨x, Aᵀ y⟩ = ${backward}` });
}

function exactDot(a: Tensor, b: Tensor, what: string): number {
  const [left, right] = [a.dataSync(), b.dataSync()];
  if (left.length !== right.length) {
    throw new PrewittError({
      op: "checkAdjoint",
      summary: `${what} joins ${left.length} and ${right.length} elements`,
    });
  }
  let sum = 0;
  for (let i = 0; i < left.length; i++) {
    const [l, r] = [left[i] as number, right[i] as number];
    if (!Number.isInteger(l) || !Number.isInteger(r) || Math.abs(l) > EXACT || Math.abs(r) > EXACT) {
      throw new PrewittError({
        op: "checkAdjoint",
        summary: `${what} meets ${l} · ${r} at element ${i}`,
        fix: "use integers of at most a few digits",
      });
    }
    sum += l * r;
  }
  if (Math.abs(sum) > Number.MAX_SAFE_INTEGER)
    throw new PrewittError({ op: "checkAdjoint", summary: `${what} = ${sum} is too large to be exact` });
  return sum;
}
