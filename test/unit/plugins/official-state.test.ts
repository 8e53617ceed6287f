import { describe, expect, it } from "vitest";
import { OFFICIAL } from "./fixtures.ts";
import { checked, diff } from "./support.ts";
import { CONTAINER } from "../../../scripts/plugins/docker/tables.ts";
import { containerState } from "../../../scripts/plugins/docker/container-state.ts";
import { META, metaOf } from "../../../scripts/plugins/bridge/state.ts";
import { plainProperties } from "../../../scripts/plugins/wire/values.ts";

describe("state written by the official plugin", () => {
  for (const [name, official] of Object.entries(OFFICIAL)) {
    it(`shows no change for ${name} when the program is the same`, () => {
      const news = plainProperties(checked(official.token, official.program, official.inputs));
      const result = diff(official.token, official.outputs, official.inputs, news);
      expect([...result.changes]).toEqual([]);
    });
  }
});

describe("state written by the stand-in", () => {
  const official = OFFICIAL["a container"];
  if (official === undefined) throw new Error("no fixture");
  const info = {
    Id: official.id, Name: "/edge", Platform: "linux", State: { Running: true },
    Config: { Image: "headend/host:1", Hostname: "4f9c1a5d3c0b", Cmd: ["node", "host.js"], Env: ["A=1", "B=2", "PATH=/bin"], WorkingDir: "/" },
    HostConfig: {
      RestartPolicy: { Name: "unless-stopped" }, Memory: 536870912, MemorySwap: 1073741824, ShmSize: 67108864, CapAdd: ["CAP_NET_ADMIN"], Runtime: "runc",
      LogConfig: { Type: "json-file" }, IpcMode: "private", NetworkMode: "bridge", Init: true,
    },
    NetworkSettings: { Ports: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "8080" }], "8443/udp": [{ HostIp: "127.0.0.1", HostPort: "8443" }] }, Networks: {} },
  };
  const state = containerState(checked(official.token, official.program), info);

  it("spells out every default, as the official plugin's comparison needs", () => {
    for (const [name, field] of Object.entries(CONTAINER)) if (field.fallback !== undefined) expect(state, name).toHaveProperty(name);
    expect(state["uploads"]).toEqual([{ file: "/etc/y", content: "y", executable: false }]);
  });
  it("keeps no bridge key inside, and only names of the schema", () => {
    expect(JSON.stringify(state)).not.toContain("__defaults");
    const outside = Object.keys(state).filter((name) => !(name in CONTAINER) && !["bridge", "networkDatas", "exitCode", "containerLogs"].includes(name));
    expect(outside).toEqual([]);
  });
  it("keeps the program's spelling where the daemon's differs only in form", () => {
    expect(state["capabilities"]).toEqual({ adds: ["NET_ADMIN"] });
    expect(state["memorySwap"]).toBe(0);
    expect(state["envs"]).toEqual(["B=2", "A=1"]);
  });
  it("shows no change when read with official inputs, older or newer", () => {
    for (const name of ["a container", "a container of an older release"]) {
      const inputs = OFFICIAL[name]?.inputs ?? {};
      expect([...diff(official.token, state, inputs, checked(official.token, official.program, inputs)).changes]).toEqual([]);
    }
  });
  it("names the upstream schema versions", () => {
    expect(META).toBe("__meta");
    expect(metaOf(2, true)).toBe("{\"e2bfb730-ecaa-11e6-8f88-34363bc7c4c0\":{\"create\":1200000000000,\"delete\":1200000000000,\"update\":1200000000000},\"schema_version\":\"2\"}");
    expect(metaOf(1, false)).toBe("{\"schema_version\":\"1\"}");
  });
});
