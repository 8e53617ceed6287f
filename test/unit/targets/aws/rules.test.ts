import { describe, expect, test } from "vitest";
import type { Host, Plan } from "../../../../infra/plan/model.ts";
import { zonesOf } from "../../../../infra/plan/hosts.ts";
import { planTopology } from "../../../../infra/plan/plan.ts";
import { renderPlan } from "../../../../infra/render/render.ts";
import { parseTopology } from "../../../../infra/spec/load.ts";
import type { Topology } from "../../../../infra/spec/topology.ts";
import { ipv6Subnet } from "../../../../infra/targets/aws/network.ts";
import { networkPlan } from "../../../../infra/targets/aws/network-plan.ts";
import { cdnOnly, groupRules, type Rule } from "../../../../infra/targets/aws/rules.ts";
import { FESTIVAL, MIXED, PLAIN } from "./topologies.ts";

function of(text: string): { topology: Topology; plan: Plan; network: ReturnType<typeof networkPlan> } {
  const { topology } = parseTopology(text, "test.yaml");
  const plan = planTopology(topology);
  return { topology, plan, network: networkPlan(topology, plan) };
}

const line = ({ transport, port, end }: Rule): string => `${transport} ${port} ${end.kind === "group" ? end.group : end.kind === "cidr" ? end.cidr : "CloudFront"}`;

function incoming(text: string, region: string): Record<string, string[]> {
  const { topology, plan, network } = of(text);
  return Object.fromEntries(groupRules(topology, plan, network, region).map(({ group, ingress }) => [group, ingress.map(line).sort()]));
}

/** The plan's own statement of who may reach a role of a region, in the words of rules. */
function planned(text: string, region: string, role: Host["role"]): string[] {
  const { plan, network, topology } = of(text);
  const hosts = new Map(plan.hosts.map((h) => [h.name, h]));
  const lines = plan.hosts.filter((h) => h.role === role && h.region === region).flatMap((h) => h.listeners).flatMap((l) => {
    if (l.name === "https" || l.name === "http3") return l.transport === "udp" && cdnOnly(topology, plan) ? [] : [`${l.transport} ${l.port} edge`];
    return l.from.flatMap((peer) => {
      if (peer.kind === "anyone") return ["0.0.0.0/0", "::/0"].map((cidr) => `${l.transport} ${l.port} ${cidr}`);
      if (peer.kind === "cidr") return [`${l.transport} ${l.port} ${peer.cidr}`];
      const host = hosts.get(peer.host) as Host;
      return [`${l.transport} ${l.port} ${host.region === region ? host.role : network.regions.find((r) => r.key === host.region)?.roleCidr[host.role]}`];
    });
  });
  return [...new Set(lines)].sort();
}

describe("security groups", () => {
  test.each([["festival", FESTIVAL, ["eu", "us"]], ["plain", PLAIN, ["home"]], ["mixed", MIXED, ["eu"]]])("%s: exactly the plan's listeners and peers", (_, text, regions) => {
    for (const region of regions) {
      const rules = incoming(text, region);
      for (const role of ["multiplexer", "transcoder", "distributor"] as const) expect(rules[role] ?? [], `${role} in ${region}`).toEqual(planned(text, region, role));
    }
  });

  test("behind a CDN only CloudFront reaches the load balancer, by one rule of its heavy list", () => {
    expect(incoming(FESTIVAL, "eu")["edge"]).toEqual(["tcp 443 CloudFront"]);
    expect(incoming(PLAIN, "home")["edge"]).toEqual(["tcp 443 0.0.0.0/0", "udp 443 0.0.0.0/0"]);
    expect(incoming(FESTIVAL.replace("cdn: ", "delivery: { distributors: { priority: 1 } }\ncdn: "), "eu")["edge"]).toEqual(["tcp 443 0.0.0.0/0", "udp 443 0.0.0.0/0"]);
  });

  test("the whole world reaches nothing but what the plan opens to anyone", () => {
    for (const [text, region] of [[FESTIVAL, "eu"], [FESTIVAL, "us"], [PLAIN, "home"], [MIXED, "eu"]] as const) {
      const { plan } = of(text);
      const open = new Set(plan.hosts.flatMap((h) => h.listeners).filter((l) => l.from.some((p) => p.kind === "anyone")).map((l) => `${l.transport} ${l.port}`));
      const world = Object.values(incoming(text, region)).flat().filter((rule) => /(0\.0\.0\.0|::)\/0$/.test(rule));
      for (const rule of world) expect(open, rule).toContain(rule.split(" ").slice(0, 2).join(" "));
    }
    expect(Object.values(incoming(PLAIN, "home")).flat().some((rule) => /tcp 22 /.test(rule))).toBe(false);
  });

  test("another region is named by its role's addresses, since groups cannot be", () => {
    const { network } = of(FESTIVAL);
    const eu = network.regions.find((r) => r.key === "eu");
    expect(incoming(FESTIVAL, "us")["transcoder"]).toContain(`tcp 8080 ${eu?.roleCidr.distributor}`);
  });

  test("outwards: other roles of the plan, AWS itself, and platforms", () => {
    const { topology, plan, network } = of(FESTIVAL);
    const [mux, tx] = groupRules(topology, plan, network, "eu").map(({ egress }) => egress.map(line).sort());
    expect(mux).toEqual(["tcp 1935 0.0.0.0/0", "tcp 1935 ::/0", "tcp 443 0.0.0.0/0", "tcp 443 ::/0", "tcp 1935 transcoder", `tcp 1935 ${network.regions[1]?.roleCidr.transcoder}`, "tcp 8554 transcoder", `tcp 8554 ${network.regions[1]?.roleCidr.transcoder}`].sort());
    expect(tx).toEqual(["tcp 443 0.0.0.0/0", "tcp 443 ::/0"]);
  });
});

describe("addresses", () => {
  test("a further region, zone or host renumbers nothing", () => {
    const before = of(FESTIVAL).network;
    const after = of(FESTIVAL.replace("regions:       { ", "regions:       { asia: { aws: ap-southeast-1 }, ").replace("eu-central-1, zones: 2", "eu-central-1, zones: 3").replace("distributors:  { ", "distributors:  { asia: 1, ")).network;
    for (const region of before.regions) {
      const now = after.regions.find((r) => r.key === region.key);
      expect(now?.cidr).toBe(region.cidr);
      for (const subnet of region.subnets) expect(now?.subnets).toContainEqual(subnet);
    }
  });

  test("no two blocks of a topology overlap, also where two regions are one on AWS", () => {
    const { network } = of(FESTIVAL.replace("us-east-1", "eu-central-1"));
    const blocks = network.regions.flatMap((r) => r.subnets.map((s) => s.cidr));
    expect(new Set(blocks).size).toBe(blocks.length);
    expect(new Set(network.regions.map((r) => r.cidr)).size).toBe(2);
    for (const region of network.regions) {
      expect(new Set(region.subnets.map((s) => s.ipv6Index)).size).toBe(region.subnets.length);
      for (const subnet of region.subnets) expect(contains(region.roleCidr[subnet.role], subnet.cidr), subnet.cidr).toBe(true);
    }
  });

  test("only regions that talk to each other are joined", () => {
    expect(of(FESTIVAL).network.peerings.map(([a, b]) => [a.key, b.key])).toEqual([["eu", "us"]]);
  });

  test("the /64 of a subnet", () => {
    expect(ipv6Subnet("2a05:d014:abc:5500::/56", 0)).toBe("2a05:d014:abc:5500::/64");
    expect(ipv6Subnet("2a05:d014:abc:5500::/56", 33)).toBe("2a05:d014:abc:5521::/64");
    expect(ipv6Subnet("2600:1f18::/56", 17)).toBe("2600:1f18:0:11::/64");
  });

  test("a region that says too little or too much is refused with what to do", () => {
    const plan = (text: string) => () => of(text);
    expect(plan(PLAIN.replace("{ aws: eu-west-1 }", "{}"))).toThrow(/home does not say which AWS region/);
    expect(plan(FESTIVAL.replace("us-east-1, zones: 2", "us-west-1, zones: 3"))).toThrow(/usw1-az1, usw1-az3/);
  });
});

describe("zones", () => {
  test("one more zone or host only takes hosts to itself, and all zones get alike", () => {
    for (let zones = 1; zones <= 6; zones++) {
      for (let hosts = 0; hosts < 40; hosts++) {
        const now = zonesOf(hosts, zones);
        expect(zonesOf(hosts + 1, zones).slice(0, hosts)).toEqual(now);
        zonesOf(hosts, zones + 1).forEach((after, i) => { if (after !== now[i]) expect(after).toBe(zones); });
      }
      const counts = Array.from({ length: zones }, (_, zone) => zonesOf(60, zones).filter((z) => z === zone).length);
      expect(Math.max(...counts) - Math.min(...counts), String(counts)).toBeLessThanOrEqual(zones < 5 ? 0 : 3);
      expect(zonesOf(zones, zones).sort(), "one host in each zone").toEqual(Array.from({ length: zones }, (_, zone) => zone));
    }
  });
});

function contains(outer: string, inner: string): boolean {
  const parse = (cidr: string): [number, number] => {
    const [address = "", bits = "32"] = cidr.split("/");
    return [address.split(".").reduce((sum, part) => sum * 256 + Number(part), 0), Number(bits)];
  };
  const [a, bits] = parse(outer);
  const [b, innerBits] = parse(inner);
  return innerBits >= bits && Math.floor(a / 2 ** (32 - bits)) === Math.floor(b / 2 ** (32 - bits));
}

describe("streams that only the CDN may fetch", () => {
  const locked = (text: string): string[] => of(text).plan.streams.filter((s) => s.locked).map((s) => s.name);
  const lockFile = (text: string): string | undefined => renderPlan(of(text).plan).find((b) => b.host.startsWith("dist-"))?.files.find((f) => f.path === "nginx/lock.conf")?.content;
  test("by default every stream behind it; with distributors as good a way, those with cookies or countries", () => {
    expect(locked(FESTIVAL)).toEqual(["main-stage"]);
    expect(locked(MIXED)).toEqual(["open", "page", "ticket"]);
    expect(locked(MIXED.replace("cdn: ", "delivery: { distributors: { priority: 1 } }\ncdn: "))).toEqual(["ticket"]);
    expect(locked(PLAIN)).toEqual([]);
  });

  test("distributors compare a header with a secret, whose text no file has", () => {
    expect(lockFile(FESTIVAL)).toContain('"@{secret:edge/lock}" 1;');
    expect(lockFile(PLAIN)).toBeUndefined();
    // By the CDN no other way is told of: distributors would refuse it. Without one the header is missing, and all are.
    expect(lockFile(FESTIVAL)).toContain('map "$cdn_only$http_x_headend_edge" $offered { default $pathways; "~^1." ""; }');
    expect(of(FESTIVAL).plan.secrets.find((s) => s.name === "edge/lock")?.hosts).toEqual(["dist-eu-1", "dist-eu-2", "dist-us-1"]);
  });
});
