/** The ways by which viewers can load a distributor's streams: itself, other distributors, CDNs. */
import { rendezvous } from "../plan/rendezvous.ts";
import type { Host, Plan } from "../plan/model.ts";
import type { SteeringConfig } from "../steering/config.ts";
import type { RenderedFile, Service } from "./bundle.ts";
import { addressMarker } from "./markers.ts";
import { DRAINING, ETC, LIB, ORIGIN_PORT, RUN, STEERING_OUT, STEERING_PORT, VAR } from "./paths.ts";
import type { PlanIndex } from "./plan-index.ts";

/** Ways that a playlist lists at most: each is one more copy of every rung. */
const MAX_WAYS = 6;
/** Seconds between two looks of a player at the steering manifest: with 1.8 s to notice a silent distributor it stays inside a player's buffer. */
const TTL = 2;

export const PATHWAYS_CONF = "nginx/pathways.conf";
const STEERING_FILE = "steering/steering.json";
const FALLBACK = "steering/fallback.json";
/** The target's name for the place where the health of a distributor or of the CDN is asked. */
export const probeOf = (way: string): string => `${way}.probe`;

type Way = SteeringConfig["ways"][number];

/** Ways of a distributor: itself first, then by priority, its own region before others. */
export function waysOf(plan: Plan, host: Host, index: PlanIndex): Way[] {
  const group = plan.delivery.find((d) => d.kind === "distributors");
  const all = plan.hosts.filter((h) => h.role === "distributor");
  const cdns = plan.delivery.filter((d) => d.kind !== "distributors").map((d): Way => ({
    id: d.name, kind: d.kind === "cdn" ? "cdn" : "external", priority: d.priority, weight: d.weight,
    ...(d.domain === null ? { base: addressMarker(d.name), probe: `${addressMarker(probeOf(d.name))}/healthz` } : { base: `https://${d.domain}`, probe: "" }),
  }));
  const choose = index.shared(plan.hosts, "distributors ranked", () => rendezvous(all.map((h) => h.name)));
  const byName = index.shared(plan.hosts, "distributors by name", () => new Map(all.map((h) => [h.name, h])));
  const others: Host[] = [];
  for (const near of [true, false]) {
    for (const taken = new Set([host.name]); others.length + cdns.length + 1 < MAX_WAYS;) {
      const next = choose(host.name, (name) => !taken.has(name) && (byName.get(name)?.region === host.region) === near);
      const found = next === undefined ? undefined : byName.get(next);
      if (!found) break;
      taken.add(found.name);
      others.push(found);
    }
  }
  // The listed ones have the whole group's share: viewers who came in here know of no more.
  const weight = (group?.weight ?? 1) / (others.length + 1);
  const way = ({ name }: Host): Way => ({ id: name, kind: "distributor", base: addressMarker(name), probe: name === host.name ? "" : `${addressMarker(probeOf(name))}/healthz`, priority: group?.priority ?? 1, weight });
  return [way(host), ...[...cdns, ...others.map(way)].sort((a, b) => a.priority - b.priority)];
}

/** Files of a distributor that name its other ways, and the program that watches them; no program where there is no other way. */
export function renderPathways(plan: Plan, host: Host, index: PlanIndex, transcoders: readonly string[]): { files: RenderedFile[]; services: Service[] } {
  const ways = waysOf(plan, host, index);
  const others = ways.slice(1);
  const file = (path: string, content: string): RenderedFile => ({ path, content, mode: "0644", reload: "hot-reload" });
  const files = [
    file(PATHWAYS_CONF, pathwaysConf(ways)),
    file("pathways.json", JSON.stringify({ self: host.name, others: others.map((w) => w.base) }, null, 2) + "\n"),
  ];
  if (others.length === 0) return { files, services: [] };
  const config: SteeringConfig = {
    self: host.name, port: STEERING_PORT, outDir: STEERING_OUT, stateFile: `${VAR}/steering/weights.json`, drainingFile: `${RUN}/${DRAINING}`, ttl: TTL, ways,
    origins: transcoders.map((tx) => `http://${tx}.${plan.internalDomain}:${ORIGIN_PORT}/healthz`),
  };
  files.push(
    file(STEERING_FILE, JSON.stringify(config, null, 2) + "\n"),
    file(FALLBACK, JSON.stringify({ VERSION: 1, TTL, "PATHWAY-PRIORITY": ways.map((w) => w.id) }) + "\n"),
  );
  return {
    files,
    services: [{
      name: "steering", argv: ["/usr/bin/node", `${LIB}/steering.js`, `${ETC}/${STEERING_FILE}`], env: {}, user: "agent",
      reads: [STEERING_FILE], reload: { kind: "self" },
      prepare: [{ argv: ["install", "-d", "-o", "agent", "-g", "agent", STEERING_OUT, `${VAR}/steering`], creates: `${STEERING_OUT}/.` }],
      check: null, checkEnv: {}, checkAliveMs: null, ready: { kind: "http", url: `http://127.0.0.1:${STEERING_PORT}/status` }, after: [],
    }],
  };
}

/**
 * What nginx must know of the ways, in a file of its own: everything else of its configuration is the same on every distributor of a region.
 * A CDN says that a request came by it with the header X-Headend-Via.
 */
function pathwaysConf(ways: readonly Way[]): string {
  const [self] = ways as [Way];
  const listed = (first: Way): string => [first.id, ...ways.filter((w) => w !== first).map((w) => `${w.id}=${w.base}`)].join(",");
  const cdns = ways.filter((w) => w.kind !== "distributor");
  return `# Ways to the streams: what goes to the transcoder with a request for the multivariant playlist.
map $http_x_headend_via $via {
  default "";
${cdns.map((w) => `  ${w.id} ${w.id};\n`).join("")}}
map $via $pathways {
  default "${listed(self)}";
${cdns.map((w) => `  ${w.id} "${listed(w)}";\n`).join("")}}
map $arg_home $steering_home {
  default any;
${ways.map((w) => `  ${w.id} ${w.id};\n`).join("")}}
# Pages of all our ways may load from all of them.
map $http_origin $own_origin {
  default "";
${ways.map((w) => `  "~^\\Q${w.base}\\E$" $http_origin;\n`).join("")}}
map "" $all_ways { default "${ways.map((w) => w.base).join(" ")}"; }
`;
}
