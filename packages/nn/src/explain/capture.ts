/**
 * Activations by module path: what the modules named by patterns return while a function runs, as nodes of the graph, so
 * that the gradient of anything computed from them can be taken.
 */

import { isTensor, locate, nearest, OptionError, StateError, type Tensor } from "@prewitt/core";
import { observed } from "../module/call.ts";
import { globMatcher } from "../module/glob.ts";
import type { AnyModule } from "../module/module.ts";
import { prepared } from "../module/prepare.ts";

export interface Captured<T> {
  /** What the function returned. */
  readonly output: T;
  /**
   * Result of each call by the module's path, in the order of the calls: `features.3`, `features.3#2` for a second call, and
   * `features.3.key` where a module returns several tensors.
   */
  readonly activations: Readonly<Record<string, Tensor>>;
}

function tensorsIn(value: unknown, path: string): [path: string, tensor: Tensor][] {
  if (isTensor(value)) return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, child]) => tensorsIn(child, `${path}.${key}`));
}

function noModule(patterns: readonly string[], unmatched: string, known: readonly string[]): OptionError {
  const near = nearest(unmatched, known);
  return locate(
    new OptionError({
      op: "capture",
      summary: patterns.length === 0 ? "there are no patterns" : `no module has a path that matches "${unmatched}"`,
      problems: [`paths: ${known.slice(0, 8).join(", ")}${known.length > 8 ? ", …" : ""}`],
      fix:
        near === undefined
          ? 'write paths of modules, with * for one part and ** for any number: ["features.*"]'
          : `write "${near}"`,
    }),
  );
}

/**
 * Runs `fn` and keeps what every module of `model` whose path matches a pattern returns: `*` is any one part of a path, `**`
 * any number of parts, none included (`model.modules()` lists paths). Works inside `compile`; a function that is compiled
 * already calls no modules any more.
 *
 * Throws `OptionError` for a pattern that matches no module, `StateError` when none of the modules ran.
 *
 * @example
 * const { output, activations } = capture(model, ["features.*"], () => model.forward(x));
 * const slopes = grad(output.max(1).sum(), activations);   // a record by the same paths
 */
export function capture<T>(model: AnyModule, patterns: readonly string[], fn: () => T): Captured<T> {
  const { modules } = prepared(model);
  const matchers = patterns.map((pattern) => ({ pattern, matches: globMatcher(pattern) }));
  const known = modules.map(({ path }) => path).filter((path) => path !== "");
  const idle = matchers.find(({ matches }) => !modules.some(({ path }) => matches(path)));
  if (idle !== undefined || patterns.length === 0) throw noModule(patterns, idle?.pattern ?? "", known);
  const watched = modules.filter(({ path }) => matchers.some(({ matches }) => matches(path)));
  const paths = new Map(watched.map(({ module, path }) => [module, path]));
  const calls = new Map<string, number>();
  const activations: Record<string, Tensor> = {};
  const leave = (module: AnyModule, _inputs: readonly unknown[], result: unknown): void => {
    const path = paths.get(module) as string;
    const call = (calls.get(path) ?? 0) + 1;
    calls.set(path, call);
    for (const [name, t] of tensorsIn(result, call === 1 ? path : `${path}#${call}`)) activations[name] = t;
  };
  const output = observed(
    watched.map(({ module }) => module),
    { leave },
    fn,
  );
  if (calls.size > 0) return { output, activations };
  throw locate(
    new StateError({
      op: "capture",
      summary: "none of the modules ran",
      problems: [
        `modules: ${watched
          .slice(0, 8)
          .map(({ path }) => path || "the model")
          .join(", ")}`,
      ],
      fix: "call model.forward(x) in the function, not a compiled function: () => model.forward(x)",
    }),
  );
}
