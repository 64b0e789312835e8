/**
 * The wrapper around each module's `forward`: opens the scope of its path, so that every node knows its module, and
 * refuses modules that have no path or are not initialised.
 */

import { formatShape, guarded, isTensor, locate, StateError, session, type Tensor } from "@prewitt/core";
import type { AnyModule } from "./module.ts";
import { className, isModule, moduleState, shownPath } from "./state.ts";

type Forward = (...inputs: unknown[]) => unknown;

/**
 * Replaces the instance's `forward`, unless that is done. The wrapper is one function, so that a call of a module costs one
 * frame of the few that source lines are found in.
 */
export function wrapForward(module: AnyModule): void {
  const state = module[moduleState];
  const forward = module.forward as Forward | undefined;
  if (forward === undefined || forward === state.wrapper) return;
  const wrapper = (...inputs: unknown[]): unknown => {
    const { modules: calls, scopes } = session;
    const depth = [calls.length, scopes.length] as const;
    if (state.path === undefined) refuseUnfound(module, calls[calls.length - 1]?.module);
    const { tree } = state;
    if (tree !== undefined && calls.length === 0) guarded(() => tree.revision);
    calls.push({ module, inputs });
    try {
      state.observer?.enter?.(module, inputs);
      if (module.build !== undefined && !state.built) throw unbuilt(module);
      if (state.path !== undefined) scopes.push(state.path);
      const output = forward.apply(module, inputs);
      state.observer?.leave?.(module, inputs, output);
      return output;
    } finally {
      [calls.length, scopes.length] = depth;
    }
  };
  state.wrapper = wrapper;
  Object.defineProperty(module, "forward", { value: wrapper, enumerable: false, writable: true, configurable: true });
}

function refuseUnfound(module: AnyModule, outer: object | undefined): void {
  const path = isModule(outer) ? outer[moduleState].path : undefined;
  if (path === undefined) return;
  const name = className(module);
  throw locate(
    new StateError({
      op: name,
      summary: `this module runs inside ${shownPath(path)}, but init did not find it`,
      problems: [
        "it lies in a #private field, a Map, a Set or an object of another class, is made inside forward, or was added after init",
      ],
      fix: `hold it in a public field, an array or a plain object: this.block = new ${name}(…); then call init again`,
    }),
  );
}

function unbuilt(module: AnyModule): StateError {
  const inputs = (session.modules[0]?.inputs ?? []).filter(isTensor);
  const shapes = inputs.map((t: Tensor) => formatShape(t.shape.slice(1)));
  const argument = shapes.length === 1 ? shapes[0] : `[${shapes.join(", ")}]`;
  const path = module[moduleState].path;
  return locate(
    new StateError({
      op: className(module),
      summary: "the layer is not initialised",
      module: path === "" ? undefined : path,
      fix: `call init(model, ${argument}) before the first forward`,
    }),
  );
}

/** Runs `fn` while `observer` watches the calls of `modules`. */
export function observed<T>(modules: readonly AnyModule[], observer: ModuleObserverOf, fn: () => T): T {
  const before = modules.map((m) => m[moduleState].observer);
  for (const m of modules) m[moduleState].observer = observer;
  try {
    return fn();
  } finally {
    modules.forEach((m, i) => {
      m[moduleState].observer = before[i];
    });
  }
}

type ModuleObserverOf = NonNullable<AnyModule[typeof moduleState]["observer"]>;
