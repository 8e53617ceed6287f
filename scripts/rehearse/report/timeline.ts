/** A fault as a drawing: buffers of the players over time, what was on air, when the fault held. Pure; SVG text. */
import type { Outcome, Sample } from "../model.ts";
import { inSeconds } from "../score.ts";
import { shortInput } from "../watch.ts";

const WIDTH = 860, LEFT = 132, RIGHT = 12, TOP = 18, BAND = 16, GAP = 6, CHART = 74;

export const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
const n = (value: number): string => String(Math.round(value * 10) / 10);

/** What was on air on one transcoder in a stretch of time. */
interface Stretch { readonly from: number; readonly to: number; readonly input: string }

/** Air changes as stretches from `from` to `to`; before the first change its `from` input was on air. */
export function stretches(changes: readonly { readonly at: number; readonly from: string; readonly to: string }[], from: number, to: number): Stretch[] {
  const out: Stretch[] = [];
  let at = from, input = changes[0]?.from ?? "";
  for (const c of changes) {
    if (c.at > at) out.push({ from: at, to: c.at, input });
    at = Math.max(at, c.at);
    input = c.to;
  }
  if (to > at && input !== "") out.push({ from: at, to, input });
  return out;
}

/** Drawing of an outcome; empty when nothing was measured. */
export function timeline(o: Outcome): string {
  const r = o.readings;
  if (r === null) return "";
  const from = r.injectedAt - 5000, to = r.endedAt, x = (at: number): number => LEFT + ((Math.min(Math.max(at, from), to) - from) / (to - from)) * (WIDTH - LEFT - RIGHT);
  const hosts = [...new Set(r.air.map((c) => `${c.host}\0${c.stream}`))].sort();
  const players = Object.entries(o.samples).filter(([, s]) => s.length > 1);
  const bandsTop = TOP + GAP, chartTop = bandsTop + hosts.length * (BAND + GAP) + (hosts.length > 0 ? GAP : 0), height = chartTop + (players.length > 0 ? CHART : 0) + 22;
  const most = Math.max(8, ...players.flatMap(([, s]) => s.map((p) => p.buffer)));
  const y = (buffer: number): number => chartTop + CHART - (Math.min(buffer, most) / most) * CHART;
  const parts: string[] = [
    `<rect class="hold" x="${n(x(r.injectedAt))}" y="${TOP}" width="${n(Math.max(2, x(r.restoredAt) - x(r.injectedAt)))}" height="${height - TOP - 20}"/>`,
    `<line class="mark" x1="${n(x(r.injectedAt))}" x2="${n(x(r.injectedAt))}" y1="${TOP - 4}" y2="${height - 20}"/><text class="label" x="${n(x(r.injectedAt) + 4)}" y="12">fault</text>`,
    ...(r.redundantAt === null ? [] : [`<line class="good" x1="${n(x(r.redundantAt))}" x2="${n(x(r.redundantAt))}" y1="${TOP - 4}" y2="${height - 20}"/>${label(x(r.redundantAt), "redundant again", x(r.injectedAt))}`]),
    ...hosts.flatMap((key, i) => bands(key, r.air.filter((c) => `${c.host}\0${c.stream}` === key), bandsTop + i * (BAND + GAP), from, to, x)),
    ...(players.length > 0 ? [`<text class="name" x="${LEFT - 8}" y="${chartTop + CHART / 2 + 4}">buffer of players</text><text class="axis" x="${LEFT - 8}" y="${chartTop + 9}">${Math.round(most)} s</text><line class="base" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${chartTop + CHART}" y2="${chartTop + CHART}"/>`] : []),
    ...players.map(([name, s], i) => `<path class="buffer b${i % 3}" d="${path(s, x, y)}"><title>${escape(name)}</title></path>`),
    ...players.flatMap(([, s]) => stalls(s, x, chartTop)),
    ...ticks(from, to, r.injectedAt).map((at) => `<text class="axis tick" x="${n(x(at))}" y="${height - 6}">${Math.round((at - r.injectedAt) / 1000)} s</text>`),
  ];
  const words = `${o.title}. ${r.viewers.reduce((sum, v) => sum + v.stalls, 0)} stalls; redundant again after ${inSeconds(r.redundantAt === null ? null : (r.redundantAt - r.injectedAt) / 1000)}.`;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escape(words)}">${parts.join("")}</svg>`;
}

/** The word beside a line, on the side where there is room. */
function label(at: number, text: string, fault: number): string {
  const left = at > WIDTH - 120 || at - fault < 0;
  if (!left && at - fault < 40) return `<text class="label" x="${n(fault + 38)}" y="12">· ${text}</text>`;
  return `<text class="label${left ? " end" : ""}" x="${n(at + (left ? -4 : 4))}" y="12">${text}</text>`;
}

function bands(key: string, changes: Outcome["readings"] extends infer R ? R extends { air: infer A } ? A : never : never, top: number, from: number, to: number, x: (at: number) => number): string[] {
  const host = key.split("\0")[0] ?? "";
  return [
    `<text class="name" x="${LEFT - 8}" y="${top + 12}">${escape(host)}</text>`,
    ...stretches(changes, from, to).map((s) => {
      const width = x(s.to) - x(s.from), words = shortInput(s.input), kind = s.input === "slate" ? "slate" : `in${Math.abs([...s.input].reduce((h, c) => (h * 31 + c.charCodeAt(0)) | 0, 0)) % 4}`;
      return `<rect class="air ${kind}" x="${n(x(s.from))}" y="${top}" width="${n(Math.max(1, width - 1))}" height="${BAND}"><title>${escape(words)}</title></rect>`
        + (width > words.length * 6.2 ? `<text class="on" x="${n(x(s.from) + 5)}" y="${top + 12}">${escape(words)}</text>` : "");
    }),
  ];
}

function path(samples: readonly Sample[], x: (at: number) => number, y: (buffer: number) => number): string {
  return samples.map((s, i) => `${i === 0 ? "M" : "L"}${n(x(s.at))} ${n(y(s.buffer))}`).join("");
}

function stalls(samples: readonly Sample[], x: (at: number) => number, top: number): string[] {
  const out: string[] = [];
  let since: number | null = null;
  for (const s of samples) {
    if (s.stalled) since ??= s.at;
    else if (since !== null) { out.push(stall(x(since), x(s.at), top)); since = null; }
  }
  const last = samples.at(-1);
  if (since !== null && last) out.push(stall(x(since), x(last.at), top));
  return out;
}

const stall = (from: number, to: number, top: number): string => `<rect class="stall" x="${n(from)}" y="${top}" width="${n(Math.max(2, to - from))}" height="${CHART}"><title>the picture stood still</title></rect>`;

function ticks(from: number, to: number, zero: number): number[] {
  const step = to - from > 60_000 ? 20_000 : to - from > 30_000 ? 10_000 : 5000;
  const out: number[] = [];
  for (let at = zero - Math.floor((zero - from) / step) * step; at <= to; at += step) out.push(at);
  return out;
}
