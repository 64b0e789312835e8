/**
 * What several packages export under one name, joined: the entries re-export everything else as it is.
 */

import { allOps as baseOps, type Op } from "@prewitt/core";
import { allOps as networkOps } from "@prewitt/ops";

// In `prewitt`, flatten is the tensor op; core's function of that name lists the leaves of trees.
export { flatten } from "@prewitt/ops";

/** Every op of the library: base ops and those of networks. */
// biome-ignore lint/suspicious/noExplicitAny: ops of any attributes
export const allOps: readonly Op<any>[] = [...baseOps, ...networkOps];
