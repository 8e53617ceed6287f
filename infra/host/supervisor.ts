import { HostFailure } from "./failure.ts";
import { residentBytes } from "./process.ts";
import { ServiceRunner, TIMING, type Runnable, type RunnerDeps, type ServiceState } from "./service.ts";

export interface ServiceStatus {
  readonly name: string;
  readonly state: ServiceState;
  readonly pid: number | null;
  readonly restarts: number;
  readonly uptimeSeconds: number | null;
  readonly rssBytes: number | null;
  readonly lastExit: string | null;
  /** Seconds since the last unexpected end. */
  readonly lastExitSeconds: number | null;
}

/** Names in an order in which every name comes after those it needs. @throws HostFailure on a cycle or an unknown name */
export function startOrder(services: readonly { readonly name: string; readonly after: readonly string[] }[]): readonly string[] {
  const known = new Map(services.map((s) => [s.name, s]));
  const order: string[] = [];
  const visit = (name: string, path: readonly string[]): void => {
    if (order.includes(name)) return;
    if (path.includes(name)) throw new HostFailure(`Services wait for each other: ${[...path.slice(path.indexOf(name)), name].join(" → ")}.`);
    const service = known.get(name);
    if (!service) throw new HostFailure(`Service "${path.at(-1) ?? ""}" starts after "${name}", which is not in the bundle.`);
    for (const earlier of service.after) visit(earlier, [...path, name]);
    order.push(name);
  };
  for (const service of services) visit(service.name, []);
  return order;
}

/** All services of the host, in start order. */
export class Supervisor {
  private readonly runners = new Map<string, ServiceRunner>();
  private closing = false;

  constructor(private readonly deps: RunnerDeps) {}

  get(name: string): ServiceRunner | undefined { return this.runners.get(name); }
  names(): readonly string[] { return [...this.runners.keys()]; }

  /** True when every service is ready. */
  allReady(): boolean { return [...this.runners.values()].every((r) => r.state === "ready"); }

  /** Starts a service in place of one of the same name. */
  async run(runnable: Runnable): Promise<ServiceRunner> {
    const previous = this.runners.get(runnable.name);
    if (previous) await previous.stop();
    if (this.closing) throw new HostFailure("The host is shutting down.");
    const runner = new ServiceRunner(runnable, this.deps);
    if (previous) {
      runner.restarts = previous.restarts;
      runner.exits = previous.exits;
      runner.lastExit = previous.lastExit;
    }
    this.runners.set(runnable.name, runner);
    runner.start();
    return runner;
  }

  /** Stops and forgets a service. */
  async remove(name: string): Promise<void> {
    await this.runners.get(name)?.stop();
    this.runners.delete(name);
    this.deps.changed();
  }

  /** Stops everything within about `totalMs`, what was started last first. Nothing can be started afterwards. */
  async close(totalMs = 8_000): Promise<void> {
    this.closing = true;
    const deadline = this.deps.clock.now() + totalMs;
    const all = [...this.runners.values()].reverse();
    for (const [i, runner] of all.entries()) {
      const share = (deadline - this.deps.clock.now()) / (all.length - i);
      await runner.stop(Math.max(200, Math.min(TIMING.stopMs, share)));
    }
  }

  status(): readonly ServiceStatus[] {
    const now = this.deps.clock.now();
    return [...this.runners.values()].map((r) => ({
      name: r.name,
      state: r.state,
      pid: r.pid,
      restarts: r.restarts,
      uptimeSeconds: r.startedAt === null ? null : Math.round((now - r.startedAt) / 1000),
      rssBytes: r.pid === null ? null : residentBytes(r.pid),
      lastExit: r.lastExit?.reason ?? null,
      lastExitSeconds: r.lastExit === null ? null : Math.round((now - r.lastExit.at) / 1000),
    }));
  }
}
