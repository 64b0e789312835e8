/**
 * Module path and user's line for errors that are thrown before a node exists: wrong axes, options and operands.
 */

import type { PrewittError } from "../errors/errors.ts";
import { session } from "../session.ts";
import { currentScope } from "./scope.ts";
import { captureSite, formatSite } from "./site.ts";

/**
 * Adds the current module path and the user's line to `error`; what is set already stays.
 *
 * @example throw locate(new OptionError({ op: "pad", summary: "widths must not be negative" }));
 */
export function locate<E extends PrewittError>(error: E): E {
  const { origin } = session;
  return error.fill({ module: origin?.scope ?? currentScope(), at: formatSite(origin?.site ?? captureSite(locate)) });
}
