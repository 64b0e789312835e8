/**
 * What the library knows of a module beside its fields: path, mode, what is frozen, who watches its calls.
 *
 * It lies under a symbol, so that it is no field to the walk and that the files around the class need not import it.
 */

import type { Variable } from "@prewitt/core";
import type { AnyModule } from "./module.ts";

export const moduleState: unique symbol = Symbol("prewitt.module");

/** Watches calls of `forward`. */
export interface ModuleObserver {
  enter?(module: AnyModule, inputs: readonly unknown[]): void;
  leave?(module: AnyModule, inputs: readonly unknown[], output: unknown): void;
}

/** The modules that one `init`, or the first `parameters()`, has named. */
export interface NamedTree {
  readonly root: AnyModule;
  /** Rises when modules or variables come or go; compiled functions are traced again then. */
  revision: number;
  /** What the last walk from the root found. */
  members: readonly object[];
}

export class ModuleState {
  /** Path from the root, "" for the root itself; `undefined` until the module has been found. */
  path: string | undefined;
  tree: NamedTree | undefined;
  training = true;
  /** Whether `build` has made the variables. */
  built = false;
  readonly frozen = new Set<Variable>();
  /** Shown in place of the class name. */
  label: string | undefined;
  observer: ModuleObserver | undefined;
  /** The instance's `forward` that opens the scope. */
  wrapper: unknown;
}

export function isModule(value: unknown): value is AnyModule {
  return typeof value === "object" && value !== null && moduleState in value;
}

/** `a.b`, or the one that is not empty. */
export function joinPath(prefix: string, path: string): string {
  if (prefix === "") return path;
  return path === "" ? prefix : `${prefix}.${path}`;
}

/** The class of a module, for errors. */
export function className(module: AnyModule): string {
  return module[moduleState].label ?? (module.constructor.name || "Module");
}

/** `"features.0"`, or `the model` for the root. */
export function shownPath(path: string): string {
  return path === "" ? "the model" : `"${path}"`;
}
