/** A rehearsal's report as one HTML file without anything from outside: verdict, table, a timeline per fault. Pure. */
import { seconds } from "../../cli/lib/output.ts";
import type { Outcome, Report, Verdict } from "../model.ts";
import { cells, HEAD, summary, VERDICT } from "./text.ts";
import { escape, timeline } from "./timeline.ts";
import { STYLE } from "./style.ts";

const CLASS: Readonly<Record<Verdict, string>> = { kept: "kept", broken: "broken", "single point": "single", skipped: "skipped" };
const MARK: Readonly<Record<Verdict, string>> = { kept: "✓", broken: "✗", "single point": "!", skipped: "–" };

/** The whole page. @param picture data URL of a player, or null */
export function htmlReport(report: Report, picture: string | null): string {
  const played = report.outcomes.filter((o) => o.readings !== null), skipped = report.outcomes.filter((o) => o.readings === null);
  const broken = played.filter((o) => o.verdict === "broken").length, leaking = report.leaks.filter((l) => l.leaks);
  const good = broken === 0 && leaking.length === 0;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>Rehearsal of ${escape(report.name)}</title>
<style>${STYLE}</style></head><body><main>
<header><div><p class="eyebrow">Rehearsal of ${escape(report.name)}</p><h1 class="${good ? "kept" : "broken"}">${good ? `Every promise was kept${report.interrupted ? ", as far as it got" : ""}` : headline(broken, leaking.length)}</h1><p>${escape(summary(report))}.</p>${strip(report.outcomes)}</div>${picture === null ? "" : `<img src="${picture}" alt="The player during the rehearsal">`}</header>
<dl class="facts">${facts(report).map(([k, v]) => `<div><dt>${k}</dt><dd>${escape(v)}</dd></div>`).join("")}</dl>
<section><h2>Faults</h2><p class="hint">Open a row for its timeline and what the plan had predicted.</p>
<div class="table" role="table" aria-label="Faults"><div class="row head" role="row">${HEAD.map((h) => `<span role="columnheader">${h}</span>`).join("")}</div>
${played.map(row).join("\n")}</div></section>
${singlePoints(played)}${leaks(report)}
${skipped.length === 0 ? "" : `<section><h2>Skipped</h2><ul>${skipped.map((o) => `<li><b>${escape(o.title)}</b>: ${escape(o.skip ?? "")}</li>`).join("")}</ul></section>`}
${report.notes.length === 0 ? "" : `<section><h2>Good to know</h2><ul>${report.notes.map((t) => `<li>${escape(t)}</li>`).join("")}</ul></section>`}
${LEGEND}</main></body></html>
`;
}

function headline(broken: number, leaking: number): string {
  const parts = [broken > 0 ? `${broken} ${broken === 1 ? "fault" : "faults"} broke a promise` : "", leaking > 0 ? `${leaking} ${leaking === 1 ? "leak" : "leaks"} found` : ""];
  return parts.filter(Boolean).join(", ");
}

function facts(report: Report): [string, string][] {
  return [
    ["Topology", report.topology], ["When", `${report.startedAt.slice(0, 16).replace("T", " ")} UTC`], ["Show", seconds(report.seconds * 1000)], ["Pictures", `${Math.round(report.scale * 100)} % of their size`],
    ["Watched by", report.viewers], ["Machine", report.machine], ...(report.seed === null ? [] : [["Seed", String(report.seed)] as [string, string]]), ...busy(report),
  ];
}

/** A machine without a moment to spare shows stalls that are its own. */
function busy(report: Report): [string, string][] {
  const shares = report.outcomes.flatMap((o) => (o.readings?.cpu === null || o.readings === null ? [] : [o.readings.cpu ?? 0]));
  if (shares.length === 0) return [];
  const mean = shares.reduce((a, b) => a + b, 0) / shares.length;
  return [["Processors busy", `${Math.round(mean * 100)} %${mean > 0.9 ? ": too little machine, so times are longer than they would be" : ""}`]];
}

function strip(outcomes: readonly Outcome[]): string {
  return `<div class="strip" aria-hidden="true">${outcomes.map((o) => `<i class="${CLASS[o.verdict]}" title="${escape(`${o.title}: ${VERDICT[o.verdict]}`)}"></i>`).join("")}</div>`;
}

function row(o: Outcome): string {
  const [title = "", verdict = "", ...rest] = cells(o);
  const r = o.readings;
  const promises = o.promises.map((p) => `<li class="${p.kept ? "kept" : "broken"}">${p.kept ? "✓" : "✗"} ${escape(p.name)}: ${escape(p.measured)} <small>promised ${escape(p.limit)}</small></li>`).join("");
  const away = Object.entries(r?.publishersAway ?? {}).map(([name, s]) => `<li>${escape(name)} was away for ${s === null ? "good" : `${s.toFixed(1)} s`}</li>`).join("");
  const viewers = (r?.viewers ?? []).map((v) => `<li>${escape(v.name)}: ${v.stalls} stalls${v.stallSeconds > 0 ? ` (${v.stallSeconds.toFixed(1)} s)` : ""}, smallest buffer ${v.minBuffer === null ? "–" : `${v.minBuffer.toFixed(1)} s`}</li>`).join("");
  const moments = o.moments.map((m) => `<li><time>${((m.at - (r?.injectedAt ?? 0)) / 1000).toFixed(1)} s</time> ${escape(m.text)}</li>`).join("");
  return `<details class="${CLASS[o.verdict]}"${o.verdict === "broken" ? " open" : ""}><summary class="row" role="row"><span role="cell">${escape(title)}</span><span role="cell" class="verdict"><b aria-hidden="true">${MARK[o.verdict]}</b> ${escape(verdict)}</span>${rest.map((c, i) => `<span role="cell" data-name="${HEAD[i + 2]}">${escape(c)}</span>`).join("")}</summary>
<div class="more"><p><b>Predicted:</b> ${escape(o.predicted)}${o.singlePoint === null ? "" : `. <b>Single point of failure:</b> ${escape(o.singlePoint)}`}</p>${timeline(o)}
<div class="lists"><div><h3>Promises</h3><ul>${promises}${away}</ul></div><div><h3>Viewers</h3><ul>${viewers}</ul></div><div><h3>What happened</h3><ul class="moments">${moments}${(r?.notes ?? []).map((t) => `<li class="note">${escape(t)}</li>`).join("")}</ul></div></div></div></details>`;
}

function singlePoints(played: readonly Outcome[]): string {
  const points = [...new Set(played.flatMap((o) => o.singlePoint ?? []))];
  return points.length === 0 ? "" : `<section><h2>Single points of failure</h2><ul>${points.map((p) => `<li>${escape(p)}</li>`).join("")}</ul></section>`;
}

function leaks(report: Report): string {
  if (report.leaks.length === 0) return "";
  const rows = report.leaks.map((l) => `<tr class="${l.leaks ? "broken" : ""}"><td>${escape(l.host)}</td><td>${escape(l.what)}</td><td>${l.before}</td><td>${l.after}</td><td>${l.limit} ${l.unit}</td><td>${l.leaks ? "✗ leaks" : "✓"}</td></tr>`).join("");
  return `<section><h2>What was left behind</h2><table><thead><tr><th>host</th><th>what</th><th>before</th><th>after</th><th>allowed</th><th></th></tr></thead><tbody>${rows}</tbody></table></section>`;
}

const LEGEND = `<section class="legend"><h2>How to read it</h2><ul>
<li><b>stalls</b>: the picture of an hls.js player stood still for more than 250 ms. Light readers count only for streams without such a player. A short one of a player that always had more than a second of media, on a machine without a moment to spare, is the machine's.</li>
<li><b>playlist gap</b>: longest time without a new segment at any distributor but the one that was hit; one segment is normal.</li>
<li><b>other input after</b>: until the last transcoder that lost its input had another one, or the slate, on air.</li>
<li><b>recording lost</b>: what a multiplexer had accepted and no recording has.</li>
<li><b>sound off</b>: how far beep and flash were apart at worst, of claps that publishers send each second; the first clap after a switch is not counted.</li>
<li><b>redundant after</b>: from the fault until every host, transcoder, distributor and publisher was as before; the fault's own length included.</li></ul></section>`;
