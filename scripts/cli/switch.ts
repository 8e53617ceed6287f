import { OVERRIDES, type Override } from "../../infra/agent/selection.ts";
import { deskOf } from "./desk/desk.ts";
import { CliError, EXIT, InputError } from "./lib/errors.ts";
import { columns, note, paint, print, printJson } from "./lib/output.ts";

/** `headend switch`: shows or sets by hand what is on air. @returns the exit code */
export async function switchInput(stream: string | undefined, wanted: string | undefined, options: { readonly stack: string; readonly json?: boolean }): Promise<number> {
  const override = wanted === undefined ? null : parseOverride(wanted);
  const desk = await deskOf(options.stack), before = await desk.hosts();
  const names = [...new Set(before.flatMap(({ agent }) => agent?.streams.map((s) => s.name) ?? []))].sort();
  if (names.length === 0) throw new CliError(`No transcoder of the stack ${options.stack} answers.`, `See what is wrong: npx headend doctor --stack ${options.stack}`);
  if (stream !== undefined && !names.includes(stream)) throw new InputError(`There is no stream "${stream}" in ${options.stack}.`, `There are: ${names.join(", ")}.`);
  const failed = override === null || stream === undefined ? [] : await desk.override(stream, override);
  const now = override === null ? before : await desk.hosts(), shown = (name: string): boolean => stream === undefined || name === stream;
  const rows = now.flatMap(({ agent }) => (agent?.streams ?? []).filter((s) => shown(s.name)).map((s) => ({
    stream: s.name, transcoder: agent?.host ?? "", override: s.override, active: s.active,
    inputs: s.inputs.map(({ path, publisher, multiplexer, live, reasons }) => ({ path, publisher, multiplexer, live, reasons })),
  })));
  const platforms = now.flatMap(({ host, forwarder }) => (forwarder?.streams ?? []).filter((s) => shown(s.name)).map((s) => ({ stream: s.name, multiplexer: host, override: s.override, sent: s.chosen, platforms: s.platforms })));
  if (options.json) printJson({ stack: options.stack, streams: rows, platforms, failed });
  else {
    print(columns(["stream", "transcoder", "choice", "on air", "could go on air"], rows.map((r) => [
      r.stream, r.transcoder, r.override === "auto" ? "auto" : paint.yellow(r.override), r.active === "slate" ? paint.yellow("slate") : r.active,
      r.inputs.filter((i) => i.live).map((i) => `${i.publisher} at ${i.multiplexer}`).join(", ") || "nobody",
    ])));
    for (const p of platforms) note(`${p.stream}: ${p.platforms === 1 ? "another platform gets" : `${p.platforms} other platforms get`} ${p.sent === "" ? paint.yellow("nothing") : p.sent} from ${p.multiplexer}${p.override === "auto" ? "" : ", by hand"}`);
    for (const r of rows) {
      if ((r.override === "primary" || r.override === "backup") && r.active === "slate") note(`${r.stream} at ${r.transcoder} shows the slate: no ${r.override} publisher is live. Back to automatic: npx headend switch ${r.stream} auto`);
    }
    for (const f of failed) note(`${paint.red("not switched")} at ${f}`);
  }
  return failed.length === 0 ? EXIT.ok : EXIT.failure;
}

function parseOverride(text: string): Override {
  const found = OVERRIDES.find((o) => o === text);
  if (!found) throw new InputError(`"${text}" is nothing to switch to.`, `Allowed: ${OVERRIDES.join(", ")}.`);
  return found;
}
