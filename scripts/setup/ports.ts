import { createSocket } from "node:dgram";
import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { createServer } from "node:net";
import { run } from "./process.ts";

export interface PortWanted {
  readonly port: number;
  readonly protocol: "tcp" | "udp";
  /** Address to be published on, e.g. "127.0.0.1" or "0.0.0.0". */
  readonly address: string;
}

export interface PortHolder {
  readonly pid: number;
  /** Program name, e.g. "nginx". */
  readonly program: string;
  /** The container the port belongs to, where Docker holds it. */
  readonly container: string | null;
}

export interface PortTaken extends PortWanted {
  /** Null when the holder cannot be seen (another user's process, without root). */
  readonly holder: PortHolder | null;
}

/** Which of the ports are taken, and by whom. Binds each for an instant, so it sees what the real bind would. */
export async function checkPorts(wanted: readonly PortWanted[]): Promise<PortTaken[]> {
  const taken: PortWanted[] = [];
  for (const port of wanted) if (!await canBind(port)) taken.push(port);
  if (taken.length === 0) return [];
  const containers = await publishedPorts();
  return taken.map((port) => ({ ...port, holder: holderOf(port, containers) }));
}

/** A sentence for the user about one taken port; `purpose` e.g. "RTMP on mux-1", `change` where to choose another port. */
export function portMessage(port: PortTaken, purpose: string, change: string): string {
  const { holder } = port;
  const who = holder === null ? "another program (run as root to see which)"
    : holder.container === null ? `${holder.program} (process ${holder.pid})` : `the Docker container ${holder.container}`;
  return `Port ${port.port}/${port.protocol} on ${port.address}, for ${purpose}, is taken by ${who}. Stop it, or ${change}, and run the same command again.`;
}

function canBind({ port, protocol, address }: PortWanted): Promise<boolean> {
  return new Promise((done) => {
    const taken = (error: NodeJS.ErrnoException): void => done(error.code !== "EADDRINUSE" && error.code !== "EACCES");
    if (protocol === "tcp") {
      const server = createServer().once("error", taken);
      server.listen({ port, host: address, exclusive: true }, () => server.close(() => done(true)));
    } else {
      const socket = createSocket(address.includes(":") ? "udp6" : "udp4").once("error", taken);
      socket.bind({ port, address, exclusive: true }, () => socket.close(() => done(true)));
    }
  });
}

/** Inodes of the sockets bound to a port, from a table of /proc/net. UDP has no listening state: any bound socket counts. */
export function socketInodes(table: string, port: number, protocol: "tcp" | "udp"): string[] {
  return table.split("\n").slice(1).flatMap((line) => {
    const fields = line.trim().split(/\s+/);
    const [local, state, inode] = [fields[1], fields[3], fields[9]];
    if (local === undefined || inode === undefined || Number.parseInt(local.split(":")[1] ?? "", 16) !== port) return [];
    return protocol === "tcp" && state !== "0A" ? [] : [inode];
  });
}

function holderOf({ port, protocol }: PortWanted, containers: ReadonlyMap<string, string>): PortHolder | null {
  const inodes = new Set([protocol, `${protocol}6`].flatMap((name) => {
    try { return socketInodes(readFileSync(`/proc/net/${name}`, "utf8"), port, protocol); } catch { return []; }
  }));
  const container = containers.get(`${port}/${protocol}`) ?? null;
  for (const pid of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    if (!ownsSocket(pid, inodes)) continue;
    const program = readFileSync(`/proc/${pid}/comm`, "utf8").trim();
    return { pid: Number(pid), program, container: program === "docker-proxy" ? container : null };
  }
  return container === null ? null : { pid: 0, program: "docker", container };
}

function ownsSocket(pid: string, inodes: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => {
      try { return inodes.has(/^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))?.[1] ?? ""); } catch { return false; }
    });
  } catch { return false; }
}

/** "port/protocol" to container name, from `docker ps`; empty where Docker does not answer. */
async function publishedPorts(): Promise<Map<string, string>> {
  const result = await run(["docker", "ps", "--no-trunc", "--format", "{{.Names}}\t{{.Ports}}"], { timeoutMs: 5000 });
  return result.code === 0 ? parsePublished(result.stdout) : new Map();
}

/** Reads the port column of `docker ps`, ranges included. */
export function parsePublished(text: string): Map<string, string> {
  const published = new Map<string, string>();
  for (const line of text.split("\n")) {
    const [name, ports] = line.split("\t");
    if (name === undefined || ports === undefined) continue;
    for (const match of ports.matchAll(/:(\d+)(?:-(\d+))?->[\d-]+\/(tcp|udp)/g)) {
      const first = Number(match[1]);
      for (let port = first; port <= Number(match[2] ?? first); port++) published.set(`${port}/${match[3]}`, name);
    }
  }
  return published;
}
