/**
 * Module paths: every node remembers the path of the module whose `forward` made it.
 */

import { session } from "../session.ts";

/** Path of the innermost open scope, "" outside every module. */
export function currentScope(): string {
  return session.scopes[session.scopes.length - 1] ?? "";
}

/**
 * Opens a scope with an absolute module path; it closes at the end of the block.
 *
 * @example { using _ = scope("backbone.stem"); y = conv2d(x, w); }
 */
export function scope(path: string): Disposable {
  const depth = session.scopes.push(path);
  return {
    [Symbol.dispose]() {
      session.scopes.length = depth - 1;
    },
  };
}

/** Runs `fn` with `path` as its module path. */
export function withScope<T>(path: string, fn: () => T): T {
  const depth = session.scopes.push(path);
  try {
    return fn();
  } finally {
    session.scopes.length = depth - 1;
  }
}
