/** The host's packet filter: the bundle's nft ruleset, and in it one set of addresses per peer. */
import { spawn } from "node:child_process";
import { messageOf } from "./failure.ts";

/** Runs `nft` with the arguments and the text as input. Resolves to null on success, else to what it said. */
export type Nft = (args: readonly string[], text: string) => Promise<string | null>;

export const runNft: Nft = (args, text) => new Promise((resolve) => {
  try {
    const child = spawn("nft", args, { stdio: ["pipe", "ignore", "pipe"] });
    let said = "";
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => { said += chunk; });
    child.stdin.on("error", () => {});
    child.once("error", (error) => resolve(error.message.includes("ENOENT") ? "nft is not installed" : error.message));
    child.once("close", (code) => resolve(code === 0 ? null : said.trim().split("\n").slice(0, 6).join("\n") || `nft: exit code ${code}`));
    child.stdin.end(text);
  } catch (error) { resolve(messageOf(error)); }
});

export interface NftSet { readonly family: string; readonly table: string; readonly set: string }

/** Sets that a ruleset declares. Understands the plain form `table FAMILY NAME { set NAME { … } }`. */
export function declaredSets(ruleset: string): readonly NftSet[] {
  const sets: NftSet[] = [];
  let table: { family: string; table: string } | null = null;
  let depth = 0;
  for (const line of ruleset.split("\n").map((l) => l.replace(/#.*/, ""))) {
    const opens = /^\s*(?:add\s+)?table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w-]+)\s*\{/.exec(line);
    if (opens && depth === 0) table = { family: opens[1] ?? "ip", table: opens[2] as string };
    const set = /^\s*set\s+([\w-]+)\s*\{/.exec(opens ? line.slice(opens[0].length) : line);
    if (set && table) sets.push({ ...table, set: set[1] as string });
    depth += (line.match(/\{/g)?.length ?? 0) - (line.match(/\}/g)?.length ?? 0);
    if (depth === 0) table = null;
  }
  return sets;
}

/** Tables that a ruleset declares, each once. */
export function declaredTables(ruleset: string): readonly { readonly family: string; readonly table: string }[] {
  const found = [...ruleset.matchAll(/^\s*(?:add\s+)?table\s+(?:(ip|ip6|inet|arp|bridge|netdev)\s+)?([\w-]+)\s*(?:\{|;|$)/gm)]
    .map((m) => ({ family: m[1] ?? "ip", table: m[2] as string }));
  return found.filter((t, i) => found.findIndex((o) => o.family === t.family && o.table === t.table) === i);
}

/** nft commands that make each declared peer set hold exactly the peer's addresses. */
export function setCommands(ruleset: string, peers: readonly { readonly host: string; readonly ips: readonly string[] }[]): string {
  const byName = new Map(peers.map((p) => [p.host.replaceAll("-", "_"), p.ips]));
  return declaredSets(ruleset).filter((s) => byName.has(s.set)).map((s) => {
    const ips = byName.get(s.set) ?? [];
    const target = `${s.family} ${s.table} ${s.set}`;
    return `flush set ${target}\n${ips.length > 0 ? `add element ${target} { ${ips.join(", ")} }\n` : ""}`;
  }).join("");
}

export type FirewallState = "none" | "in force" | "off" | "failed";

type PeerIps = readonly { readonly host: string; readonly ips: readonly string[] }[];

/** Loads rulesets; remembers what is in force. */
export class Firewall {
  state: FirewallState = "none";
  message: string | null = null;
  private current: string | null = null;

  constructor(private readonly nft: Nft, private readonly disabled: boolean) {}

  /** Tests a ruleset without loading it. Resolves to null, or to why it cannot be used. */
  async check(ruleset: string | null): Promise<string | null> {
    if (ruleset === null || this.disabled) return null;
    const error = await this.nft(["-c", "-f", "-"], ruleset);
    return error === null ? null : this.explain(error);
  }

  /** Loads a ruleset with its sets filled, in one transaction; null removes the tables of the one before. */
  async load(ruleset: string | null, peers: PeerIps): Promise<string | null> {
    if (this.disabled) {
      this.state = "off";
      this.message = "HEADEND_FIREWALL=off: this host accepts connections from anyone who can reach it.";
      return null;
    }
    const stale = this.current === null ? [] : declaredTables(this.current)
      .filter((t) => ruleset === null || !declaredTables(ruleset).some((n) => n.family === t.family && n.table === t.table));
    const removal = stale.map((t) => `table ${t.family} ${t.table}\ndelete table ${t.family} ${t.table}\n`).join("");
    const text = `${removal}${ruleset ?? ""}\n${ruleset === null ? "" : setCommands(ruleset, peers)}`;
    if (text.trim() !== "") {
      const error = await this.nft(["-f", "-"], text);
      if (error !== null) {
        this.state = this.current === null ? "failed" : "in force";
        this.message = this.explain(error);
        return this.message;
      }
    }
    this.current = ruleset;
    this.state = ruleset === null ? "none" : "in force";
    this.message = null;
    return null;
  }

  /** Brings the peer sets up to date. */
  async updatePeers(peers: PeerIps): Promise<string | null> {
    if (this.current === null || this.disabled) return null;
    const text = setCommands(this.current, peers);
    const error = text === "" ? null : await this.nft(["-f", "-"], text);
    this.message = error === null ? null : this.explain(error);
    return this.message;
  }

  private explain(error: string): string {
    const denied = /not permitted|Permission denied|must be root/i.test(error) || error === "nft is not installed";
    return `The firewall cannot be set: ${error}${denied ? "\nGive the host nftables and NET_ADMIN, or set HEADEND_FIREWALL=off to run without." : ""}`;
  }
}
