/**
 * Notices: what a user should know and no error is due for, such as fewer threads than there are processors. The one
 * place that writes to the console; each text is shown once.
 */

import { session } from "../session.ts";

/** Shows a line on stderr (in browsers, as a warning), the first time that it is given. */
export function notice(text: string): void {
  if (session.notices.has(text)) return;
  session.notices.add(text);
  console.warn(`prewitt: ${text}`);
}
