import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { archiveFiles } from "../../../scripts/setup/aws-programs.ts";
import { packageFiles, packageName } from "../../../scripts/setup/debian-packages.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

test("package files are read from what apt prints", () => {
  const printed = "Reading package lists...\n'http://deb.debian.org/debian/pool/main/n/nginx/nginx_1.26.3-3%2bdeb13u1_arm64.deb' nginx_1.26.3-3+deb13u1_arm64.deb 612345 SHA256:00\n";
  expect(packageFiles(printed)).toEqual([{ url: "http://deb.debian.org/debian/pool/main/n/nginx/nginx_1.26.3-3%2bdeb13u1_arm64.deb", file: "nginx_1.26.3-3+deb13u1_arm64.deb" }]);
  expect(packageName("libssl3t64_3.5.4-1_arm64.deb")).toBe("libssl3t64");
});

test("an archive holds every program and the player of the local image, where units and services look for them", () => {
  const files = archiveFiles(ROOT);
  const paths = files.map((f) => f.path);
  for (const path of ["install.sh", "root/usr/local/bin/headend-host", "root/usr/lib/headend/host.js", "root/usr/lib/headend/agent.js", "root/usr/lib/headend/aws.js", "root/usr/lib/headend/package.json", "root/usr/share/headend/player/index.html"]) expect(paths).toContain(path);
  expect(new Set(paths).size).toBe(paths.length);
}, 60_000);

test("users of the local image exist on AWS hosts too", () => {
  const image = [...readFileSync(join(ROOT, "templates/image/Dockerfile"), "utf8").matchAll(/useradd .*nologin (\w+)/g)].map((m) => m[1]);
  const aws = [...readFileSync(join(ROOT, "templates/aws/root/usr/lib/sysusers.d/headend.conf"), "utf8").matchAll(/^u (\S+)/gm)].map((m) => m[1]);
  expect(image.length).toBeGreaterThan(1);
  expect(aws).toEqual(expect.arrayContaining(image));
});

test("scripts of hosts are scripts", () => {
  for (const script of ["bootstrap.sh", "install.sh"]) execFileSync("bash", ["-n", join(ROOT, "templates/aws", script)]);
});
