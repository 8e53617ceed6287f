/** Health checks of Route 53 and of load balancers: real connections at the declared intervals, thresholds counted as AWS does. */
import http from "node:http";
import https from "node:https";
import net from "node:net";
import type { CloudState, HealthCheck, TargetGroup } from "./state.ts";

interface Probe { readonly protocol: "tcp" | "http" | "https"; readonly host: string; readonly port: number; readonly path: string; readonly name: string | null; readonly from: string; readonly accepts: (status: number, body: string) => boolean; readonly timeoutMs: number }
interface Track { healthy: boolean; streak: number; next: number; known: boolean; busy: boolean }

/** One attempt. Never rejects. */
export function probe(p: Probe): Promise<boolean> {
  return new Promise((done) => {
    let handle: { destroy(): unknown } = { destroy: () => undefined };
    const end = (ok: boolean): void => { clearTimeout(timer); done(ok); };
    const timer = setTimeout(() => { handle.destroy(); end(false); }, p.timeoutMs);
    if (p.protocol === "tcp") {
      const socket = net.connect({ host: p.host, port: p.port, localAddress: p.from }, () => { socket.destroy(); end(true); });
      socket.on("error", () => end(false));
      handle = socket;
      return;
    }
    const options = { host: p.host, port: p.port, path: p.path, localAddress: p.from, agent: false, headers: { host: p.name ?? p.host, "user-agent": "Amazon-Route53-Health-Check-Service (simulated)" } };
    const answered = (res: http.IncomingMessage): void => {
      let body = "";
      res.setEncoding("utf8").on("data", (t: string) => { if (body.length < 5120) body += t; });
      res.on("end", () => end(p.accepts(res.statusCode ?? 0, body)));
      res.on("error", () => end(false));
    };
    // Health checkers look at no certificate.
    const request = p.protocol === "https" ? https.get({ ...options, rejectUnauthorized: false, ...(p.name ? { servername: p.name } : {}) }, answered) : http.get(options, answered);
    request.on("error", () => end(false));
    handle = request;
  });
}

/** "200-399", "200,204" as load balancers write them. */
export function codesInclude(codes: string, status: number): boolean {
  return codes.split(",").some((part) => { const [low = 0, high = low] = part.split("-").map(Number); return status >= Number(low) && status <= Number(high); });
}

export class Health {
  private readonly checks = new Map<string, Track>();
  private readonly targets = new Map<string, Track>();

  /** @param changed a target began or ceased to be healthy */
  constructor(private readonly state: () => CloudState | null, private readonly speed: number, private readonly resolve: (name: string) => string | null, private readonly changed: (group: string, id: string, healthy: boolean) => void) {
    setInterval(() => this.tick(), 250).unref();
  }

  /** A check that nobody knows, or was never made, counts as healthy: as in Route 53. */
  readonly healthy = (id: string): boolean => {
    const check = this.state()?.healthChecks.find((c) => c.id === id);
    if (check === undefined) return true;
    const up = check.alarmOk !== null ? check.alarmOk : check.type === "CALCULATED" ? check.children.filter((c) => this.healthy(c)).length >= check.childThreshold : this.checks.get(id)?.healthy ?? true;
    return check.inverted ? !up : up;
  };

  /** A target takes connections once it was found healthy; with none healthy, all do. */
  targetHealthy(group: string, id: string): boolean { return this.targets.get(`${group} ${id}`)?.healthy ?? false; }

  private tick(): void {
    const state = this.state();
    if (state === null) return;
    for (const check of state.healthChecks) if (/^(HTTP|TCP)/.test(check.type)) this.due(this.checks, check.id, true, check.intervalSeconds, check.threshold, check.threshold, () => this.checkOnce(check, state));
    for (const { group, target, node } of targetsOf(state)) {
      const key = `${group.arn} ${target.id}`, c = group.check;
      this.due(this.targets, key, false, c.intervalSeconds, c.healthy, c.unhealthy, () => probe({
        protocol: c.protocol === "HTTP" ? "http" : c.protocol === "HTTPS" ? "https" : "tcp", host: target.ip, port: c.port ?? target.port, path: c.path, name: null, from: node,
        accepts: (status) => codesInclude(c.codes, status), timeoutMs: 6_000,
      }), (healthy) => this.changed(group.arn, target.id, healthy));
    }
    const living = new Set(targetsOf(state).map(({ group, target }) => `${group.arn} ${target.id}`));
    for (const key of this.targets.keys()) if (!living.has(key)) this.targets.delete(key);
  }

  private async checkOnce(check: HealthCheck, state: CloudState): Promise<boolean> {
    const host = check.ip ?? (check.fqdn === null ? null : this.resolve(check.fqdn));
    if (host === null) return false;
    return probe({
      protocol: check.type === "TCP" ? "tcp" : check.type.startsWith("HTTPS") ? "https" : "http", host, port: check.port, path: check.path, name: check.fqdn, from: state.internet.checkers,
      accepts: (status, body) => status >= 200 && status < 400 && (check.search === null || body.includes(check.search)), timeoutMs: 4_000,
    });
  }

  private due(tracks: Map<string, Track>, key: string, start: boolean, every: number, up: number, down: number, look: () => Promise<boolean>, changed?: (healthy: boolean) => void): void {
    const track = tracks.get(key) ?? { healthy: start, streak: 0, next: 0, known: false, busy: false };
    tracks.set(key, track);
    const now = Date.now();
    if (track.busy || now < track.next) return;
    track.busy = true;
    track.next = now + (every * 1000) / this.speed;
    void look().then((ok) => {
      track.busy = false;
      track.streak = ok === track.healthy ? 0 : track.streak + 1;
      // The first look decides at once, as a new target's first successes do in practice.
      if (track.streak >= (track.known ? (ok ? up : down) : 1)) { track.healthy = ok; track.streak = 0; changed?.(ok); }
      track.known = true;
    });
  }
}

function targetsOf(state: CloudState): { group: TargetGroup; target: TargetGroup["targets"][number]; node: string }[] {
  const groups = new Map(state.balancers.flatMap((b) => b.listeners.map((l) => [l.targetGroup.arn, { group: l.targetGroup, node: b.addresses[0]?.private ?? "0.0.0.0" }] as const)));
  return [...groups.values()].flatMap(({ group, node }) => group.targets.map((target) => ({ group, target, node })));
}
