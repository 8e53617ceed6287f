import { AGENT_PORT, FORWARDER_PORT, STEERING_PORT } from "../../../infra/render/paths.ts";
import { docker, stackContainers } from "../lib/docker.ts";
import { CliError } from "../lib/errors.ts";
import type { Desk, Desked } from "./desk.ts";

const PROGRAMS = { agent: AGENT_PORT, forwarder: FORWARDER_PORT, steering: STEERING_PORT } as const;
/** Between answers; no JSON has it. */
const MARK = "\u001e";
/** Agents look at their inputs twice a second. */
const FOLLOW_MS = 800;

/** @throws CliError when no host of the stack runs on this machine */
export async function localDesk(stack: string): Promise<Desk> {
  const running = (await stackContainers(stack)).filter(({ host, state }) => host !== "" && state === "running");
  if (running.length === 0) throw new CliError(`The stack ${stack} does not run.`, `Start it: npx headend up --stack ${stack}`);
  const container = new Map(running.map(({ host, name }) => [host, name]));

  const tell = async (host: string, program: keyof typeof PROGRAMS, path: string, body: string): Promise<readonly string[]> => {
    const { code, stderr } = await docker(["exec", "-i", container.get(host) ?? "", "curl", "-sS", "-f", "-m", "3", "--data-binary", "@-", `http://127.0.0.1:${PROGRAMS[program]}${path}`], { input: body });
    return code === 0 ? [] : [`${host}: ${stderr.trim()}`];
  };
  const hosts = (): Promise<Desked[]> => Promise.all(running.map(({ host, name }) => ask(host, name)));
  return {
    hosts,
    async override(stream, to) {
      const told = (await hosts()).flatMap((h) => (["agent", "forwarder"] as const).filter((program) => h[program]?.streams.some((s) => s.name === stream)).map((program) => tell(h.host, program, `/streams/${stream}/override`, to)));
      const failed = (await Promise.all(told)).flat();
      await new Promise((resolve) => { setTimeout(resolve, FOLLOW_MS); });
      return failed;
    },
    async weights(changes) {
      return (await Promise.all((await hosts()).map(async ({ host, steering }) => {
        if (steering === null) return [];
        // Each knows its nearest ways only; what it does not know it need not be told.
        const next = changes === null ? {} : Object.fromEntries(Object.entries({ ...steering.override, ...Object.fromEntries(changes) }).filter(([id]) => steering.ways.some((w) => w.id === id)));
        return tell(host, "steering", "/weights", JSON.stringify(next));
      }))).flat();
    },
  };
}

/** One call for all programs of a host: each `docker exec` takes a tenth of a second of processor time. */
async function ask(host: string, container: string): Promise<Desked> {
  const script = Object.values(PROGRAMS).map((port) => `curl -s -m 3 http://127.0.0.1:${port}/status; printf '\\036'`).join("; ");
  const { stdout } = await docker(["exec", container, "sh", "-c", script]);
  const [agent = null, forwarder = null, steering = null] = stdout.split(MARK).map((text): unknown => { try { return JSON.parse(text); } catch { return null; } });
  return { host, agent, forwarder, steering } as Desked;
}
