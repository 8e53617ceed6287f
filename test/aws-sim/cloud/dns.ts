/** The name server of the simulated internet and of every VPC, over UDP and TCP. */
import dgram from "node:dgram";
import net from "node:net";
import packet from "dns-packet";
import { resolve } from "./answers.ts";
import type { View } from "./answers.ts";
import type { CloudState } from "./state.ts";

/** Answers one question in wire format. */
export function answerPacket(query: Buffer, state: CloudState | null, view: View): Buffer {
  const asked = packet.decode(query), question = asked.questions?.[0];
  const reply = (rcode: number, answers: packet.Answer[]): Buffer => packet.encode({ type: "response", id: asked.id ?? 0, flags: packet.AUTHORITATIVE_ANSWER | packet.RECURSION_DESIRED | packet.RECURSION_AVAILABLE | rcode, questions: asked.questions ?? [], answers });
  if (question === undefined || state === null) return reply(2, []);
  const answers: packet.Answer[] = [];
  let name = question.name, found = resolve(state, name, question.type, view);
  const missing = found === null;
  for (let hops = 0; found !== null && hops < 8; hops++) {
    for (const value of found.values) answers.push(record(name, found.type, found.ttl, value));
    if (found.type !== "CNAME" || question.type === "CNAME") break;
    name = (found.values[0] ?? "").replace(/\.$/, "");
    found = resolve(state, name, question.type, view);
  }
  return reply(missing ? 3 : 0, answers);
}

function record(name: string, type: string, ttl: number, value: string): packet.Answer {
  if (type === "TXT") return { name, type: "TXT", ttl, data: value.replace(/^"|"$/g, "") };
  return { name, type: type as "A", ttl, data: value.replace(/\.$/, "") };
}

/** Listens on an address; `view` says how the world looks from there. */
export function serveDns(address: string, state: () => CloudState | null, view: () => View): () => void {
  const udp = dgram.createSocket("udp4");
  udp.on("message", (query, from) => {
    try { udp.send(answerPacket(query, state(), view()), from.port, from.address); } catch { /* not a question */ }
  });
  udp.on("error", (error) => process.stderr.write(`dns ${address}: ${error.message}\n`));
  udp.bind(53, address);
  const tcp = net.createServer((socket) => {
    let kept = Buffer.alloc(0);
    socket.on("error", () => undefined);
    socket.on("data", (part) => {
      kept = Buffer.concat([kept, part]);
      while (kept.length >= 2 && kept.length >= 2 + kept.readUInt16BE(0)) {
        const size = kept.readUInt16BE(0), query = kept.subarray(2, 2 + size);
        kept = kept.subarray(2 + size);
        try {
          const text = answerPacket(query, state(), view()), head = Buffer.alloc(2);
          head.writeUInt16BE(text.length);
          socket.write(Buffer.concat([head, text]));
        } catch { socket.destroy(); }
      }
    });
  });
  tcp.on("error", (error) => process.stderr.write(`dns ${address}: ${error.message}\n`));
  tcp.listen(53, address);
  return () => { udp.close(); tcp.close(); };
}
