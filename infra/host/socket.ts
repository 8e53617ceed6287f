/** Requests to the running hostd: one JSON line in, JSON lines out, over a unix socket that only root, or one chosen group, may open. */
import { chmodSync, chownSync, rmSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { sleep, type Clock } from "./clock.ts";
import { HostFailure, messageOf } from "./failure.ts";

export type Request =
  | { readonly op: "apply"; readonly input: unknown }
  | { readonly op: "status" }
  /** `on`: /healthz fails from now on, so that no new viewers are sent here; those that are here go on. */
  | { readonly op: "drain"; readonly on: boolean };
export type Reply = { readonly line: string } | { readonly exit: number };
export type Handler = (request: Request, reply: (line: string) => void) => Promise<void>;

/** Longest request; a bundle of a large host is below 2 MB. */
const LONGEST = 64 * 1024 * 1024;

/**
 * Serves requests. A client that goes away does not stop the work it asked for.
 * @param group id of a group whose members may ask too: who may ask decides what runs here as root
 */
export async function serve(path: string, handle: Handler, group: number | null = null): Promise<Server> {
  if (await answers(path)) throw new HostFailure("hostd runs already on this host.");
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => { void answer(socket, handle); });
  await new Promise<void>((resolve, reject) => { server.once("error", reject); server.listen(path, resolve); });
  if (group !== null) chownSync(path, 0, group);
  chmodSync(path, group === null ? 0o600 : 0o660);   // before that, umask 022 keeps others out: connecting needs the right to write
  return server;
}

async function answer(socket: Socket, handle: Handler): Promise<void> {
  const send = (reply: Reply): void => { if (socket.writable) socket.write(`${JSON.stringify(reply)}\n`); };
  socket.on("error", () => {});
  try {
    let text = "";
    socket.setEncoding("utf8");
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      text += chunk as string;
      if (text.length > LONGEST) throw new HostFailure("The request is too long.");
      if (text.endsWith("\n")) break;
    }
    if (!text.endsWith("\n")) return void socket.destroy();   // the client went away before it had said everything
    await handle(JSON.parse(text) as Request, (line) => send({ line }));
    send({ exit: 0 });
  } catch (error) {
    send({ line: messageOf(error) });
    send({ exit: 1 });
  }
  socket.end();
}

function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => { socket.destroy(); resolve(true); });
    socket.once("error", () => resolve(false));
  });
}

/**
 * Sends a request to hostd, waiting up to `waitMs` for it to be there. Lines go to `onLine`; resolves to the exit code.
 * @throws HostFailure when hostd cannot be reached or goes away
 */
export async function ask(path: string, request: Request, onLine: (line: string) => void, clock: Clock, waitMs: number): Promise<number> {
  const deadline = clock.now() + waitMs;
  for (;;) {
    if (await answers(path)) return exchange(path, request, onLine);
    if (clock.now() >= deadline) throw new HostFailure(`hostd does not answer${waitMs > 0 ? ` after ${waitMs / 1000} s` : ""}. Is the host running?`);
    await sleep(clock, 100);
  }
}

function exchange(path: string, request: Request, onLine: (line: string) => void): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    let rest = "";
    let exit: number | null = null;
    socket.setEncoding("utf8");
    socket.on("data", (chunk: string) => {
      const lines = (rest + chunk).split("\n");
      rest = lines.pop() ?? "";
      for (const text of lines) {
        const reply = JSON.parse(text) as Reply;
        if ("line" in reply) onLine(reply.line); else exit = reply.exit;
      }
    });
    socket.once("error", (error) => reject(new HostFailure(`hostd went away: ${error.message}`)));
    socket.once("close", () => exit === null ? reject(new HostFailure("hostd went away before it was done. Run it again.")) : resolve(exit));
  });
}
