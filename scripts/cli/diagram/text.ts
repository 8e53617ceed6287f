/** Width of text without a browser. Wider than most fonts' own, so that what fits here fits everywhere. */
const NARROW = /[iljtfrI.,:;|!'()\[\] /·-]/;
const WIDE = /[mwMW@%→×—]/;

/** Pixels that a line takes at a font size. */
export function textWidth(text: string, size: number, bold = false): number {
  let units = 0;
  for (const c of text) units += NARROW.test(c) ? 0.37 : WIDE.test(c) ? 0.92 : /[A-Z]/.test(c) ? 0.72 : 0.6;
  return units * size * (bold ? 1.08 : 1);
}

/** A line cut to a width, with an ellipsis where something is missing. */
export function fitted(text: string, size: number, width: number, bold = false): string {
  // Widths are sums of fractions: what was made to fit exactly must not be cut for the last of them.
  if (textWidth(text, size, bold) <= width + 0.5) return text;
  let cut = [...text];
  while (cut.length > 1 && textWidth(`${cut.join("")}…`, size, bold) > width) cut = cut.slice(0, -1);
  return `${cut.join("").trimEnd()}…`;
}
