/**
 * Sums and multiples of trees of tensors, leaf by leaf: what gradient accumulation over micro-batches needs.
 */

import { OptionError } from "../errors/errors.ts";
import { locate } from "../graph/locate.ts";
import { isTensor, type Tensor } from "../tensor/tensor.ts";
import { flatten, type Tree } from "./tree.ts";

/**
 * The leaf-wise sum of trees with the same keys. Throws `OptionError` that lists the paths that differ.
 *
 * @example
 * const gradients = batches.map((b) => grad(loss(b), parameters)).reduce((a, b) => addTrees(a, b));
 * optimizer.step(scaleTree(gradients, 1 / batches.length));
 */
export function addTrees<T extends Tree<Tensor>>(first: T, ...others: readonly T[]): T {
  const flat = flatten(first, isTensor, "tree 0");
  const sums = [...flat.leaves];
  others.forEach((other, k) => {
    const { leaves, paths } = flatten(other, isTensor, `tree ${k + 1}`);
    if (paths.length !== sums.length || paths.some((path, i) => path !== flat.paths[i])) {
      throw differing(flat.paths, paths, k + 1);
    }
    leaves.forEach((leaf, i) => {
      sums[i] = (sums[i] as Tensor).add(leaf);
    });
  });
  return flat.rebuild(sums) as T;
}

/**
 * Every leaf times `factor`, a number or a scalar tensor.
 *
 * @example scaleTree(gradients, 1 / 4)
 */
export function scaleTree<T extends Tree<Tensor>>(tree: T, factor: number | Tensor): T {
  const flat = flatten(tree, isTensor, "tree");
  return flat.rebuild(flat.leaves.map((leaf) => leaf.mul(factor))) as T;
}

function differing(first: readonly string[], other: readonly string[], k: number): OptionError {
  const missing = first.filter((path) => !other.includes(path)).map((path) => `tree ${k} has no "${path}"`);
  const extra = other.filter((path) => !first.includes(path)).map((path) => `tree 0 has no "${path}"`);
  const problems = [...missing, ...extra];
  return locate(
    new OptionError({
      op: "addTrees",
      summary: "the trees differ",
      problems: problems.length > 0 ? problems : ["the same paths come in another order"],
      fix: "add trees with the same keys in the same order",
    }),
  );
}
