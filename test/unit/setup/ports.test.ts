import { createServer, type AddressInfo } from "node:net";
import { describe, expect, it } from "vitest";
import { checkPorts, parsePublished, portMessage, socketInodes } from "../../../scripts/setup/ports.ts";

describe("checkPorts", () => {
  it("names the process that holds a port, and passes a free one", async () => {
    const server = createServer();
    await new Promise<void>((done) => { server.listen(0, "127.0.0.1", done); });
    const { port } = server.address() as AddressInfo;
    const wanted = { port, protocol: "tcp", address: "127.0.0.1" } as const;
    expect(await checkPorts([wanted])).toEqual([{ ...wanted, holder: { pid: process.pid, program: expect.any(String), container: null } }]);
    await new Promise((done) => { server.close(done); });
    expect(await checkPorts([wanted])).toEqual([]);
  });
});

describe("socketInodes", () => {
  const table = [
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode",
    "   0: 0100007F:078F 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0 100 0 0 10 0",
    "   1: 0100007F:078F 0100007F:9C40 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0 100 0 0 10 0",
    "   2: 00000000:22BA 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4713 2 0 0",
  ].join("\n");
  it("takes listening TCP sockets only", () => expect(socketInodes(table, 1935, "tcp")).toEqual(["4711"]));
  it("takes any bound UDP socket", () => expect(socketInodes(table, 8890, "udp")).toEqual(["4713"]));
});

describe("parsePublished", () => {
  it("reads single ports, ranges and both protocols", () => {
    const published = parsePublished("mux\t127.0.0.1:1935->1935/tcp, 0.0.0.0:8890-8892->8890-8892/udp, 80/tcp\nidle\t\n");
    expect(published.get("1935/tcp")).toBe("mux");
    expect(published.get("8891/udp")).toBe("mux");
    expect(published.has("80/tcp")).toBe(false);
  });
});

describe("portMessage", () => {
  const port = { port: 1935, protocol: "tcp", address: "127.0.0.1" } as const;
  it.each([
    [{ pid: 42, program: "nginx", container: null }, "nginx (process 42)"],
    [{ pid: 43, program: "docker-proxy", container: "other-mux" }, "the Docker container other-mux"],
    [null, "another program"],
  ])("%o", (holder, words) => {
    expect(portMessage({ ...port, holder }, "RTMP", "choose another in the topology")).toContain(`Port 1935/tcp on 127.0.0.1, for RTMP, is taken by ${words}`);
  });
});
