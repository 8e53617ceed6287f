/** Pure: what has to happen to each service when one bundle follows another. */
import type { Service } from "../render/bundle.ts";
import { HostFailure } from "./failure.ts";
import { fillMarkers, type MarkerValues } from "./markers.ts";
import { fillPlaces } from "./places.ts";
import type { Launch } from "./process.ts";
import type { Runnable } from "./service.ts";
import { readsPath, type FileChanges } from "./stage.ts";
import type { UserIds } from "./users.ts";

export interface Folders { readonly etc: string; readonly var: string; readonly run: string }

/** What services find in their environment besides their own. */
const BASE_ENV = { PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", LANG: "C.UTF-8" };

/** A program with placeholders and markers filled in. @throws HostFailure for a secret in an argument, as arguments are public */
export function launchOf(argv: readonly string[], env: Readonly<Record<string, string>>, ids: UserIds | null, folders: Folders & { staged?: string }, values: MarkerValues, name: string): Launch {
  if (argv.some((a) => a.includes("@{secret:"))) {
    throw new HostFailure(`Service ${name} has a secret in its arguments, where every process can read it. Put it into a file or its environment.`);
  }
  const fill = (text: string): string => fillMarkers(fillPlaces(text, folders), values, `service ${name}`);
  return { argv: argv.map(fill), env: { ...BASE_ENV, ...Object.fromEntries(Object.entries(env).map(([k, v]) => [k, fill(v)])) }, ids };
}

export interface HostService { readonly service: Service; readonly runnable: Runnable }

/** Services with their launches, in the order given. */
export function hostServices(services: readonly Service[], folders: Folders, values: MarkerValues, idsOf: (user: string) => UserIds): readonly HostService[] {
  return services.map((service) => ({
    service,
    runnable: {
      name: service.name,
      launch: launchOf(service.argv, service.env, service.user === null ? null : idsOf(service.user), folders, values, service.name),
      ready: service.ready,
    },
  }));
}

export type Action = "keep" | "reload" | "restart" | "start";

export interface ServiceChange { readonly next: HostService; readonly previous: HostService | null; readonly action: Action }

export interface Changes {
  readonly services: readonly ServiceChange[];
  readonly removed: readonly HostService[];
}

/** Decides per service; a service that takes changed files only by a restart is restarted. */
export function decide(before: readonly HostService[], after: readonly HostService[], files: FileChanges): Changes {
  const old = new Map(before.map((s) => [s.service.name, s]));
  const touched = [...files.added, ...files.changed, ...files.removed];
  const services = after.map((next): ServiceChange => {
    const previous = old.get(next.service.name) ?? null;
    if (previous === null) return { next, previous, action: "start" };
    if (JSON.stringify(previous.runnable.launch) !== JSON.stringify(next.runnable.launch)) return { next, previous, action: "restart" };
    const reads = [...previous.service.reads, ...next.service.reads];
    if (!touched.some((path) => readsPath(reads, path))) return { next, previous, action: "keep" };
    return { next, previous, action: next.service.reload.kind === "restart" ? "restart" : "reload" };
  });
  const names = new Set(after.map((s) => s.service.name));
  return { services, removed: before.filter((s) => !names.has(s.service.name)) };
}
