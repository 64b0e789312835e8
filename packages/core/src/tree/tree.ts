/**
 * Trees: nested arrays and plain objects with leaves of one kind, such as a record of parameters by path.
 * Object keys keep their order; a leaf's path joins keys and positions with dots.
 */

import { OptionError } from "../errors/errors.ts";

export type Tree<L> = L | readonly Tree<L>[] | { readonly [key: string]: Tree<L> };

/** The tree `T` with every leaf of type `From` replaced by `To`. Any tree of `From` gives any tree of `To`. */
export type MapTree<T, From, To> = [Tree<From>] extends [T] ? Tree<To> : MapLeaves<T, From, To>;

type MapLeaves<T, From, To> = T extends From
  ? To
  : T extends object
    ? { -readonly [K in keyof T]: MapTree<T[K], From, To> }
    : T;

export interface FlatTree<L> {
  readonly leaves: readonly L[];
  readonly paths: readonly string[];
  /** The same tree with other leaves, given in the order of `leaves`. */
  rebuild<M>(leaves: readonly M[]): Tree<M>;
}

function isPlain(value: object): value is Record<string, unknown> {
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/** Lists the leaves of a tree. Throws `OptionError` for a value that is neither leaf, array nor plain object. */
export function flatten<L>(tree: unknown, isLeaf: (value: unknown) => value is L, what = "argument"): FlatTree<L> {
  const leaves: L[] = [];
  const paths: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (isLeaf(value)) {
      leaves.push(value);
      paths.push(path);
    } else if (Array.isArray(value)) {
      for (const [i, child] of value.entries()) visit(child, path === "" ? `${i}` : `${path}.${i}`);
    } else if (typeof value === "object" && value !== null && isPlain(value)) {
      for (const [key, child] of Object.entries(value)) visit(child, path === "" ? key : `${path}.${key}`);
    } else {
      throw new OptionError({
        summary: `${what}${path === "" ? "" : ` at "${path}"`} is ${describe(value)}`,
        fix: "pass tensors, or arrays and plain objects of them",
      });
    }
  };
  visit(tree, "");
  const rebuild = <M>(next: readonly M[]): Tree<M> => {
    let at = 0;
    const build = (value: unknown): Tree<M> => {
      if (isLeaf(value)) return next[at++] as M;
      if (Array.isArray(value)) return value.map(build);
      return Object.fromEntries(Object.entries(value as object).map(([key, child]) => [key, build(child)]));
    };
    return build(tree);
  };
  return { leaves, paths, rebuild };
}

function describe(value: unknown): string {
  if (value === null || typeof value !== "object") return String(value);
  return `an object of class ${value.constructor?.name ?? "unknown"}`;
}
