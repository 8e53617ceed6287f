import { afterAll, beforeAll, describe, expect, it } from "vitest";
import * as command from "@pulumi/command";
import * as dockerSdk from "@pulumi/docker";
import * as tls from "@pulumi/tls";
import { X509Certificate } from "node:crypto";
import { HAS_DOCKER, HAS_PULUMI, IMAGE, docker, leftovers, sandbox, sweep } from "./harness.ts";
import type { Sandbox } from "./harness.ts";

const PREFIX = "hx-plug-h-";
let box: Sandbox;
beforeAll(async () => { box = await sandbox(); });
afterAll(() => { if (HAS_DOCKER) sweep(PREFIX); box.close(); });

describe.skipIf(!HAS_PULUMI || !HAS_DOCKER)("a whole life through the real pulumi", () => {
  it("goes up, has nothing to do the second time, and leaves nothing behind", async () => {
    const stack = await box.stack("happy", async () => {
      const network = new dockerSdk.Network("net", { name: `${PREFIX}net`, internal: true, labels: [{ label: "a", value: "b" }] });
      const volume = new dockerSdk.Volume("vol", { name: `${PREFIX}vol` });
      const container = new dockerSdk.Container("box", {
        name: `${PREFIX}box`, image: IMAGE, command: ["sleep", "infinity"], envs: ["A=1", "B=2"], init: true, memory: 64,
        networksAdvanced: [{ name: network.name, aliases: ["box"] }], volumes: [{ volumeName: volume.name, containerPath: "/data" }],
        capabilities: { adds: ["NET_ADMIN"] }, healthcheck: { tests: ["CMD", "true"], interval: "1s" }, wait: true,
        labels: [{ label: "x", value: "y" }], uploads: [{ file: "/etc/hello", content: "hello\n" }], restart: "unless-stopped",
      });
      const exec = new command.local.Command("say", { create: "docker exec $NAME cat /etc/hello", environment: { NAME: container.name }, stdin: "x" }, { dependsOn: container });
      const caKey = new tls.PrivateKey("ca-key", { algorithm: "ECDSA", ecdsaCurve: "P256" });
      const ca = new tls.SelfSignedCert("ca", {
        privateKeyPem: caKey.privateKeyPem, isCaCertificate: true, validityPeriodHours: 24, allowedUses: ["cert_signing", "digital_signature"], subject: { commonName: "test CA" },
      });
      const key = new tls.PrivateKey("key", { algorithm: "ECDSA" });
      const request = new tls.CertRequest("request", { privateKeyPem: key.privateKeyPem, dnsNames: ["a.test"], ipAddresses: ["127.0.0.1", "::1"], subject: { commonName: "a.test" } });
      const cert = new tls.LocallySignedCert("cert", {
        certRequestPem: request.certRequestPem, caPrivateKeyPem: caKey.privateKeyPem, caCertPem: ca.certPem, validityPeriodHours: 24, allowedUses: ["server_auth"],
      });
      return { said: exec.stdout, ip: container.networkDatas.apply((n) => n[0]?.ipAddress), ca: ca.certPem, cert: cert.certPem };
    });
    const preview = await stack.preview();
    expect(preview.changeSummary).toEqual({ create: 10 });
    const up = await stack.up();
    expect(up.summary.resourceChanges).toEqual({ create: 10 });
    expect(up.outputs["said"]?.value).toBe("hello");
    expect(docker("exec", `${PREFIX}box`, "printenv", "A")).toBe("1");
    const ca = new X509Certificate(String(up.outputs["ca"]?.value));
    const cert = new X509Certificate(String(up.outputs["cert"]?.value));
    expect(cert.verify(ca.publicKey)).toBe(true);
    expect(cert.subjectAltName).toBe("DNS:a.test, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1");
    await stack.preview({ expectNoChanges: true });
    await stack.refresh({ expectNoChanges: true });
    await stack.preview({ expectNoChanges: true });
    await stack.destroy();
    expect(leftovers(PREFIX)).toEqual([]);
  }, 120_000);
});
