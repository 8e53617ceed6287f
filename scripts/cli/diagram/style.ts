import type { Kind } from "./model.ts";

/** What each kind is called in the legend. */
export const KIND_NAMES: Readonly<Record<Kind, string>> = {
  stream: "publishers of a stream", multiplexer: "multiplexer", transcoder: "transcoder", distributor: "distributor", platform: "other platform", cdn: "CDN", viewers: "viewers",
};

interface Colour { readonly light: readonly [fill: string, line: string]; readonly dark: readonly [fill: string, line: string] }

/** Hues that stay apart for people who do not see red and green alike; every kind is named in words too. */
const KINDS: Readonly<Record<Kind, Colour>> = {
  stream: { light: ["#fff6e0", "#a06a00"], dark: ["#33290f", "#e0b252"] },
  multiplexer: { light: ["#e6f0fd", "#1f5fae"], dark: ["#14273f", "#7db1f0"] },
  transcoder: { light: ["#f1eafb", "#6b3fb0"], dark: ["#281d3d", "#bd9cf0"] },
  distributor: { light: ["#e3f5f1", "#0d7564"], dark: ["#0f2e2a", "#62cdb9"] },
  platform: { light: ["#f3f1ee", "#6b6257"], dark: ["#2a2825", "#b8aea2"] },
  cdn: { light: ["#fdeae1", "#b1481a"], dark: ["#3b2116", "#f09a70"] },
  viewers: { light: ["#eef0f4", "#4a5468"], dark: ["#242a35", "#a9b4c8"] },
};

const MARKS = {
  added: { light: "#0a7a3c", dark: "#4fce84" }, removed: { light: "#b3261e", dark: "#ff8a80" }, changed: { light: "#8a5a00", dark: "#f2b84b" },
} as const;

/** Signs beside the colours: `+` is added, `−` removed, `~` changed. */
export const SIGNS = { same: "", added: "+", removed: "−", changed: "~" } as const;

/** The stylesheet: light, and dark where the reader prefers it. */
export function stylesheet(): string {
  const variables = (scheme: "light" | "dark"): string => [
    ...(scheme === "light" ? ["--page:#ffffff", "--ink:#1b2230", "--soft:#566072", "--region:#f8f9fb", "--edge:#8b93a3", "--region-line:#d5dae3", "--card:#ffffff", "--track:#dfe3ea", "--hot:#b3261e"]
      : ["--page:#11151c", "--ink:#eef1f6", "--soft:#a5afc0", "--region:#171c25", "--edge:#78829a", "--region-line:#323a48", "--card:#1b212c", "--track:#3a4352", "--hot:#ff8a80"]),
    ...Object.entries(KINDS).flatMap(([kind, colour]) => [`--${kind}-fill:${colour[scheme][0]}`, `--${kind}-line:${colour[scheme][1]}`]),
    ...Object.entries(MARKS).map(([mark, colour]) => `--${mark}:${colour[scheme]}`),
  ].join(";");
  return `
svg{${variables("light")};background:var(--page);color-scheme:light dark}
@media (prefers-color-scheme:dark){svg{${variables("dark")}}}
text{font-family:Inter,"Helvetica Neue",Arial,"Liberation Sans","DejaVu Sans",sans-serif;font-size:12px;fill:var(--ink)}
.page{fill:var(--page)}
.name{font-size:22px;font-weight:700}
.title{font-size:14px;font-weight:700}
.region-title{font-size:13px;font-weight:700;fill:var(--soft)}
.card-title{font-size:12px;font-weight:700}
.small{font-size:11px}
.soft{fill:var(--soft)}
.region{fill:var(--region);stroke:var(--region-line);stroke-width:1.5}
.card{fill:var(--card);stroke-width:1;stroke-opacity:.45}
.box{stroke-width:1.5}
${Object.keys(KINDS).map((kind) => `.${kind} .box,.${kind} .card{stroke:var(--${kind}-line)}.${kind} .box{fill:var(--${kind}-fill)}.${kind} .title{fill:var(--${kind}-line)}`).join("\n")}
.track{fill:var(--track)}
.load{fill:var(--soft)}
.load.full{fill:var(--hot)}
.edge{fill:none;stroke:var(--edge);stroke-width:2}
.edge.standby{stroke-width:1.5;stroke-dasharray:6 5}
.arrow{fill:var(--edge)}
.label{fill:var(--page)}
.region-label{fill:var(--region)}
${Object.keys(MARKS).map((mark) => `.mark-${mark}>.box,.mark-${mark}>.card,.mark-${mark}>.region{stroke:var(--${mark});stroke-width:2.5;stroke-opacity:1}.mark-${mark}>.edge{stroke:var(--${mark})}.mark-${mark}>.arrow{fill:var(--${mark})}.mark-${mark}>.sign,.mark-${mark}>.label-text{fill:var(--${mark});font-weight:700}`).join("\n")}
.mark-removed>.box,.mark-removed>.card{stroke-dasharray:5 4}
.mark-removed>.title,.mark-removed>.card-title{text-decoration:line-through}
@media print{svg{${variables("light")}}}
`;
}
