/** What is tried of a new bundle while the old one is still in force. */
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { ETC } from "../render/paths.ts";
import type { ApplyDeps, Live, Say } from "./apply.ts";
import { type Changes, type HostService, launchOf } from "./changes.ts";
import { HostFailure } from "./failure.ts";
import type { MarkerValues } from "./markers.ts";
import { fillPlaces } from "./places.ts";
import { runOnce } from "./process.ts";
import { filesHash, writeStaged } from "./stage.ts";

const CHECK_TIMEOUT_MS = 10_000;
const PREPARE_TIMEOUT_MS = 120_000;

export class Trial {
  constructor(private readonly deps: Pick<ApplyDeps, "asRoot" | "clock" | "firewall" | "localValues" | "places" | "redactor" | "spawn">) {}

  /** Everything that can be known before touching what runs. @throws HostFailure */
  async test(next: Live, values: MarkerValues, changes: Changes, say: Say): Promise<void> {
    const { deps } = this;
    const refused = await deps.firewall.check(next.firewall);
    if (refused !== null) throw new HostFailure(refused);
    const concerned = changes.services.filter((c) => c.action !== "keep").map((c) => c.next);
    // Files name each other by their live path: in this copy they name the copy, so that a test sees only new files.
    const folder = join(deps.places.run, `check-${filesHash(next.files)}`);
    const moved = next.files.map((f) => ({ ...f, content: f.content.replaceAll(`${ETC}/`, `${folder}/`) }));
    try {
      writeStaged(folder, moved, deps.asRoot);
      for (const s of concerned) await this.prepare(s, folder, say);
      const failures = await Promise.all(concerned.map((s) => this.check(s, folder, values)));
      const errors = failures.filter((f) => f !== null).map((f) => deps.redactor.redact(f.replaceAll(folder, deps.places.etc)));
      if (errors.length > 0) throw new HostFailure(errors.join("\n"));
    } finally { rmSync(folder, { recursive: true, force: true }); }
    const tested = concerned.filter((s) => s.service.check !== null).map((s) => s.service.name);
    if (tested.length > 0) say(`tested: ${tested.join(", ")}`);
  }

  private async check(s: HostService, staged: string, values: MarkerValues): Promise<string | null> {
    if (s.service.check === null) return null;
    const env = { ...s.service.env, ...s.service.checkEnv };
    const launch = launchOf(s.service.check, env, s.runnable.launch.ids, { ...this.deps.places, staged }, values, s.service.name);
    const error = await runOnce(this.deps.spawn, this.deps.clock, { launch, timeoutMs: CHECK_TIMEOUT_MS, aliveMs: s.service.checkAliveMs });
    return error === null ? null : `${s.service.name}: its new configuration is not valid.\n${error}`;
  }

  /** Runs what must exist before the service starts, as root; `etc` is the folder with its files. @throws HostFailure */
  async prepare(s: HostService, etc: string, say: Say): Promise<void> {
    const { deps } = this;
    const values = { secrets: {}, ...deps.localValues() };
    for (const step of s.service.prepare) {
      const creates = fillPlaces(step.creates, deps.places);
      if (existsSync(creates)) continue;
      mkdirSync(dirname(creates.replace(/\/\.$/, "")), { recursive: true });
      const began = deps.clock.now();
      const launch = launchOf(step.argv, s.service.env, null, { ...deps.places, etc, staged: etc }, values, s.service.name);
      const error = await runOnce(deps.spawn, deps.clock, { launch, timeoutMs: PREPARE_TIMEOUT_MS, aliveMs: null });
      if (error !== null) {
        if (statSync(creates, { throwIfNoEntry: false })?.isFile()) rmSync(creates);   // half a file would count as made
        throw new HostFailure(deps.redactor.redact(`${s.service.name}: cannot make ${creates}\n${error}`));
      }
      say(`${s.service.name}: made ${creates} in ${seconds(deps.clock.now() - began)}`);
    }
  }
}

/** Milliseconds as people read them. */
export function seconds(ms: number): string { return `${(ms / 1000).toFixed(1)} s`; }
