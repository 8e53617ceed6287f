import { describe, expect, it } from "vitest";
import { CONTAINER, NETWORK, REMOTE_IMAGE, VOLUME, dockerSchema } from "../../../scripts/plugins/docker/tables.ts";
import { LOCAL_COMMAND, commandSchema } from "../../../scripts/plugins/command/local.ts";
import { CERT_REQUEST, LOCALLY_SIGNED_CERT, PRIVATE_KEY, SELF_SIGNED_CERT, tlsSchema } from "../../../scripts/plugins/tls/tables.ts";
import type { Field, Fields } from "../../../scripts/plugins/bridge/schema.ts";
import { withFallbacks } from "../../../scripts/plugins/bridge/state.ts";
import { plainProperties } from "../../../scripts/plugins/wire/values.ts";
import type { Properties, Value } from "../../../scripts/plugins/wire/values.ts";
import { PLUGINS, checked, context, diff, resource } from "./support.ts";

const TABLES: readonly (readonly [string, Fields, typeof dockerSchema, Properties])[] = [
  ["docker:index/container:Container", CONTAINER, dockerSchema, { name: "n", image: "i" }],
  ["docker:index/network:Network", NETWORK, dockerSchema, { name: "n" }],
  ["docker:index/volume:Volume", VOLUME, dockerSchema, { name: "n" }],
  ["docker:index/remoteImage:RemoteImage", REMOTE_IMAGE, dockerSchema, { name: "n" }],
  ["command:local:Command", LOCAL_COMMAND, commandSchema, {}],
  ["tls:index/privateKey:PrivateKey", PRIVATE_KEY, tlsSchema, { algorithm: "RSA" }],
  ["tls:index/certRequest:CertRequest", CERT_REQUEST, tlsSchema, { privateKeyPem: "p" }],
  ["tls:index/selfSignedCert:SelfSignedCert", SELF_SIGNED_CERT, tlsSchema, { privateKeyPem: "p", allowedUses: [], validityPeriodHours: 1 }],
  ["tls:index/locallySignedCert:LocallySignedCert", LOCALLY_SIGNED_CERT, tlsSchema, { certRequestPem: "r", caPrivateKeyPem: "k", caCertPem: "c", allowedUses: [], validityPeriodHours: 1 }],
];

/** A valid value of a field, different for each `n`. */
function sample(field: Field, n: number): Value {
  switch (field.kind) {
    case "boolean": return n % 2 === 1;
    case "integer": case "number": return 5000 + n;
    case "string": case "any": return `-----BEGIN text${n}`;
    case "list": case "set": return field.element === undefined ? [] : [sample(field.element, n)];
    case "map": return field.element === undefined ? {} : { key: sample(field.element, n) };
    case "object": return Object.fromEntries(Object.entries(field.fields ?? {}).map(([name, inner]) => [name, sample(inner, n)]));
  }
}

for (const [token, fields, file, minimum] of TABLES) {
  describe(token, () => {
    const schema = file.resources[token];
    it("has the schema's properties, required ones and secrets", () => {
      expect(Object.keys(fields)).toEqual(Object.keys(schema?.inputs ?? {}));
      for (const [name, field] of Object.entries(fields)) {
        expect([name, field.required, field.secret]).toEqual([name, schema?.inputs[name]?.required === true, schema?.inputs[name]?.secret === true]);
      }
    });
    it("asks for each required property by name", () => {
      const { failures } = resource(token).check({ olds: {}, news: {}, seed: new Uint8Array() }, context());
      const required = Object.keys(schema?.inputs ?? {}).filter((name) => schema?.inputs[name]?.required === true);
      expect(failures.map((f) => f.property).sort()).toEqual(required.sort());
    });
    for (const [name, field] of Object.entries(fields)) {
      const replaces = schema?.inputs[name]?.replaces === true;
      it(`a changed ${name} ${replaces ? "replaces" : "is seen"}`, () => {
        const before = withFallbacks(fields, { ...minimum, [name]: sample(field, 1) });
        const after = withFallbacks(fields, { ...minimum, [name]: sample(field, 2) });
        const { changes } = diff(token, before, before, after);
        const mine = [...changes].filter(([path]) => path.split(/[.[]/, 1)[0] === name);
        expect(mine.length).toBeGreaterThan(0);
        // The schema does not tell tls's replacements; builds and cluster volumes are refused at the check.
        if (!token.startsWith("tls:") && name !== "build" && name !== "cluster") for (const [path, kind] of mine) expect([path, kind.endsWith("-replace")]).toEqual([path, replaces]);
        expect([...changes].length).toBe(mine.length);
      });
    }
    it("shows no change against itself", () => {
      const inputs = checked(token, minimum);
      expect([...diff(token, withFallbacks(fields, plainProperties(inputs)), inputs, plainProperties(inputs)).changes]).toEqual([]);
    });
  });
}

describe("package schemas", () => {
  it.each(PLUGINS.map((plugin) => [plugin.name, plugin] as const))("%s is JSON that names its types", (_, plugin) => {
    const schema = JSON.parse(plugin.schema()) as { name: string; version: string; resources: object };
    expect([schema.name, schema.version]).toEqual([plugin.name, plugin.version]);
    expect(Object.keys(schema.resources).sort()).toEqual([...plugin.resources.keys()].sort());
  });
});

describe("tls replacement", () => {
  it("replaces for everything but earlyRenewalHours, which only updates", () => {
    const state = { privateKeyPem: "-----BEGIN A", allowedUses: ["cert_signing"], validityPeriodHours: 10, earlyRenewalHours: 0, validityEndTime: "2999-01-01T00:00:00Z" };
    const token = "tls:index/selfSignedCert:SelfSignedCert";
    expect([...diff(token, state, {}, { ...state, validityPeriodHours: 11 }).changes]).toEqual([["validityPeriodHours", "update-replace"]]);
    expect([...diff(token, state, {}, { ...state, earlyRenewalHours: 1 }).changes]).toEqual([["earlyRenewalHours", "update"]]);
    expect([...diff(token, { ...state, validityEndTime: "2001-01-01T00:00:00Z" }, {}, state).changes]).toEqual([["readyForRenewal", "update-replace"]]);
  });
  it("takes a hashed PEM of an old state for unchanged", () => {
    expect([...diff("tls:index/certRequest:CertRequest", { privateKeyPem: "da39a3ee" }, {}, { privateKeyPem: "-----BEGIN A" }).changes]).toEqual([]);
  });
});
