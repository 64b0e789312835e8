/**
 * Colours of charts and pictures, for light and dark pages.
 *
 * A page that switches between the two at reading time needs one drawing for both: "page" draws with CSS variables
 * (`--prewitt-ink`, …) that fall back to the light colours. Series colours are of middle lightness and the same
 * everywhere, so that a legend means the same in both.
 */

export type Theme = "light" | "dark" | "page";

export interface Colours {
  /** Text and axes. */
  readonly ink: string;
  /** Secondary text. */
  readonly muted: string;
  /** Grid lines and gaps between tiles. */
  readonly line: string;
  /** Behind everything. */
  readonly paper: string;
}

export const LIGHT: Colours = { ink: "#1b1f24", muted: "#57606b", line: "#dfe3e8", paper: "#ffffff" };
export const DARK: Colours = { ink: "#e7eaee", muted: "#9aa4af", line: "#343b44", paper: "#15181c" };

/** Colours of series, in the order of their use; told apart by readers with any colour vision in twos and threes. */
export const SERIES: readonly string[] = [
  "#3b7dd8",
  "#dd6b20",
  "#2f9e6e",
  "#c2418f",
  "#8f6fd8",
  "#b08900",
  "#1c9fb5",
  "#d0453f",
  "#7d8590",
  "#6b8e23",
];

/** Colours of a theme; those of a page are CSS variables. */
export function coloursOf(theme: Theme): Colours {
  if (theme === "light") return LIGHT;
  if (theme === "dark") return DARK;
  const variable = (name: keyof Colours): string => `var(--prewitt-${name}, ${LIGHT[name]})`;
  return { ink: variable("ink"), muted: variable("muted"), line: variable("line"), paper: "none" };
}

/** What a page sets so that drawings of the theme "page" follow it. */
export const PAGE_STYLE: string = [
  `:root{color-scheme:light dark;${variables(LIGHT)}}`,
  `@media (prefers-color-scheme:dark){:root{${variables(DARK)}}}`,
].join("\n");

function variables(colours: Colours): string {
  return Object.entries(colours)
    .map(([name, value]) => `--prewitt-${name}:${value};`)
    .join("");
}
