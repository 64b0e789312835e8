/**
 * SVG to PNG with resvg and a font that comes with this package, so that a machine without any font draws the same.
 */

import { createRequire } from "node:module";
import { join } from "node:path";

/** Family that the drawings name first; browsers without it go on to the next. */
export const FONT_FAMILY = "Roboto, system-ui, sans-serif";

/** The bytes of a PNG file, `scale` pixels for each unit of the drawing. */
export async function rasterise(svg: string, scale: number): Promise<Uint8Array> {
  const { Resvg } = await import("@resvg/resvg-js");
  const fonts = createRequire(import.meta.url).resolve("@expo-google-fonts/roboto/package.json");
  const file = (name: string): string => join(fonts, "..", name, `Roboto_${name}.ttf`);
  const drawing = new Resvg(svg, {
    fitTo: { mode: "zoom", value: scale },
    font: { fontFiles: [file("400Regular"), file("700Bold")], loadSystemFonts: false, defaultFontFamily: "Roboto" },
  });
  return drawing.render().asPng();
}
