/**
 * What can be shown in more than one way: as text on a terminal, and as a MIME bundle in reports and Jupyter kernels.
 */

/** Content by MIME type, as Jupyter kernels take it. */
export type MimeBundle = Readonly<Record<string, unknown>>;

/** The key under which Jupyter kernels (Deno's, tslab's) look for a MIME bundle. */
export const JUPYTER: unique symbol = Symbol.for("Jupyter.display") as never;

export abstract class Displayable {
  /** The value as lines of text, at most `columns` wide where it can be. */
  abstract lines(columns: number): string[];

  abstract mimeBundle(): Promise<MimeBundle>;

  /** Jupyter kernels call it to show the value. */
  [JUPYTER](): Promise<MimeBundle> {
    return this.mimeBundle();
  }
}
