import { describe, expect, it } from "vitest";
import { UNKNOWN } from "../../../scripts/plugins/wire/values.ts";
import type { Properties } from "../../../scripts/plugins/wire/values.ts";
import { checked, context, diff, resource } from "./support.ts";

const CONTAINER = "docker:index/container:Container";
const NETWORK = "docker:index/network:Network";
const COMMAND = "command:local:Command";

function failures(token: string, news: Properties): string[] {
  return resource(token).check({ olds: {}, news, seed: new Uint8Array([7]) }, context()).failures.map((f) => `${f.property}: ${f.reason}`);
}
function changes(token: string, before: Properties, after: Properties): Record<string, string> {
  const olds = checked(token, before);
  return Object.fromEntries(diff(token, olds, olds, checked(token, after, olds)).changes);
}

describe("mistakes in a program", () => {
  const base = { name: "n", image: "i" };
  it.each([
    [{ ...base, imgae: "x" }, "imgae: \"imgae\" is not a property here; did you mean \"image\"?"],
    [{ ...base, ports: [{ internal: 80, extrenal: 1 }] }, "ports[0].extrenal: \"extrenal\" is not a property here; did you mean \"external\"?"],
    [{ ...base, ports: [{ external: 80 }] }, "ports[0].internal: \"ports[0].internal\" is required and is missing"],
    [{ ...base, memory: "much" }, "memory: \"memory\" must be a number, not \"much\""],
    [{ ...base, memory: 1.5 }, "memory: \"memory\" must be a whole number, not 1.5"],
    [{ ...base, envs: "A=1" }, "envs: \"envs\" must be a list, not a text"],
    [{ ...base, restart: "sometimes" }, "restart: \"restart\": \"sometimes\" is not allowed here; use one of no, on-failure, always, unless-stopped"],
    [{ ...base, healthcheck: { tests: ["CMD"], interval: "5 seconds" } }, "healthcheck.interval: \"healthcheck.interval\": \"5 seconds\" is not a duration; write a number and a unit, e.g. \"10s\" or \"1m30s\""],
    [{ ...base, uploads: [{ file: "/x" }] }, "uploads[0]: \"uploads[0]\" needs exactly one of content, contentBase64 and source; it has none"],
  ])("%j", (news, message) => expect(failures(CONTAINER, news as Properties)).toEqual([message]));
  it("names all of them at once", () => expect(failures(CONTAINER, { imgae: "x", memory: "y" })).toHaveLength(3));
  it("never quotes a secret", () => expect(failures("tls:index/certRequest:CertRequest", { privateKeyPem: ["hunter22"] }).join()).not.toContain("hunter22"));
});

describe("defaults", () => {
  it("fills in the true ones and lists them, and leaves the false ones out", () => {
    const inputs = checked(CONTAINER, { image: "i", name: "n", ports: [{ internal: 80 }] });
    expect(inputs["__defaults"]).toEqual(["containerReadRefreshTimeoutMilliseconds", "mustRun", "networkMode", "removeVolumes", "restart", "start", "waitTimeout"]);
    expect(inputs["ports"]).toEqual([{ __defaults: ["ip", "protocol"], internal: 80, ip: "0.0.0.0", protocol: "tcp" }]);
    expect(inputs).not.toHaveProperty("attach");
  });
  it("keeps an automatic name for ever, and drops it for a given one", () => {
    const first = checked(CONTAINER, { image: "i" });
    expect(first["name"]).toMatch(/^box-[0-9a-f]{7}$/);
    expect(checked(CONTAINER, { image: "j" }, first)["name"]).toBe(first["name"]);
    expect(checked(CONTAINER, { image: "i", name: "mine" }, first)["name"]).toBe("mine");
  });
  it("takes numbers and booleans written as texts", () => {
    expect(checked(CONTAINER, { image: "i", name: "n", memory: "64", tty: "true" })).toMatchObject({ memory: 64, tty: true });
  });
});

describe("container changes", () => {
  const base = { name: "n", image: "i", memory: 64, envs: ["A=1", "B=2"], ports: [{ internal: 1, external: 1 }, { internal: 2, external: 2, protocol: "udp" }] };
  it.each([
    ["sets in another order", { ...base, envs: ["B=2", "A=1"] }, {}],
    ["ports in another order", { ...base, ports: [{ internal: 2, external: 2, protocol: "udp" }, { internal: 1, external: 1, ip: "0.0.0.0" }] }, {}],
    ["memory", { ...base, memory: 65 }, { memory: "update" }],
    ["memory taken away", { name: "n", image: "i", envs: base.envs, ports: base.ports }, { memory: "update" }],
    ["a variable", { ...base, envs: ["A=1", "B=3"] }, { "envs[1]": "update-replace" }],
    ["a variable more", { ...base, envs: ["A=1", "B=2", "C=3"] }, { "envs[2]": "add-replace" }],
    ["a port", { ...base, ports: [{ internal: 1, external: 9 }, base.ports[1]] }, { "ports[0].external": "update-replace" }],
    ["a healthcheck", { ...base, healthcheck: { tests: ["CMD", "true"] } }, { healthcheck: "add" }],
    ["an unknown image", { ...base, image: UNKNOWN }, { image: "update-replace" }],
    ["an unknown variable", { ...base, envs: ["A=1", UNKNOWN] }, { "envs[1]": "update-replace" }],
  ])("%s", (_, after, expected) => expect(changes(CONTAINER, base as Properties, after as Properties)).toEqual(expected));
  it("sees a stopped container by mustRun and takes capabilities in both spellings", () => {
    const inputs = checked(CONTAINER, { ...base, capabilities: { adds: ["NET_ADMIN"] } } as Properties);
    const state = { ...inputs, mustRun: false, capabilities: { adds: ["CAP_NET_ADMIN"], drops: [] } };
    expect(Object.fromEntries(diff(CONTAINER, state, inputs, inputs).changes)).toEqual({ mustRun: "update" });
  });
  it("removes the old one first: always for containers, for fixed names elsewhere", () => {
    expect(diff(CONTAINER, {}, {}, checked(CONTAINER, { image: "i" })).deleteBeforeReplace).toBe(true);
    expect(diff(NETWORK, {}, {}, checked(NETWORK, { name: "n" })).deleteBeforeReplace).toBe(true);
    expect(diff(NETWORK, {}, {}, checked(NETWORK, {})).deleteBeforeReplace).toBe(false);
  });
});

describe("command changes", () => {
  const base = { create: "a", environment: { A: "1", "b.c": "2" }, triggers: [1] };
  it.each([
    [{ ...base, create: "b" }, { create: "update" }],
    [{ ...base, environment: { A: "2", "b.c": "3" } }, { "environment.A": "update", "environment[\"b.c\"]": "update" }],
    [{ ...base, triggers: [2] }, { "triggers[0]": "update-replace" }],
    [{ ...base, update: "u", triggers: [2] }, { "triggers[0]": "update", update: "add" }],
    [{ ...base, stdin: UNKNOWN }, { stdin: "add" }],
  ])("%j", (after, expected) => expect(changes(COMMAND, base, after as Properties)).toEqual(expected));
});
