/**
 * The seed of everything random that has no key of its own: initial weights, dropout.
 */

import { OptionError, TraceError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { session } from "../session.ts";

/**
 * Sets the seed: an integer from 0 to 2⁵³ − 1; it is 0 at the start. Models that are initialised afterwards get
 * weights that depend on it, on the parameter's path and on nothing else.
 *
 * Throws `OptionError` for other values, `TraceError` inside `compile`.
 *
 * @example seed(42);
 */
export function seed(value: number): void {
  if (session.trace !== undefined) {
    throw locate(
      new TraceError({ op: "seed", summary: "the seed cannot be set inside compile", fix: "set it before" }),
    );
  }
  if (!Number.isSafeInteger(value) || value < 0) {
    throw locate(
      new OptionError({
        op: "seed",
        summary: `${value} is not an integer of 0 or more`,
        fix: "pass for instance seed(42)",
      }),
    );
  }
  session.seed = value;
}
