/** The person at the `headend` command, whose machine has no Docker and is on the simulated internet. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { run } from "../../../scripts/setup/process.ts";
import type { AwsStack } from "./aws-stack.ts";

const ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));

export interface Told { readonly code: number; readonly stdout: string; readonly stderr: string }

/** Runs `headend COMMAND --stack NAME …`. */
export async function headend({ world, stack }: AwsStack, domain: string, command: string, options: readonly string[] = []): Promise<Told> {
  const path = join(world.scratch, "no-docker");
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, "docker"), "#!/bin/sh\nexit 1\n", { mode: 0o755 });
  return run([process.execPath, join(ROOT, "scripts/headend.mjs"), command, "--stack", stack.options.name, ...options], {
    cwd: ROOT, timeoutMs: 420_000,
    env: {
      ...stack.env, PATH: `${path}:${stack.env["PATH"] ?? ""}`, SIM_BIN: join(world.scratch, "bin"), SIM_DNS: world.internet.address, SIM_DOMAIN: domain,
      // The stack's authority stands in for a public one on its hosts, the simulation's own on CloudFront: no program can be told of both.
      NODE_TLS_REJECT_UNAUTHORIZED: "0", NODE_OPTIONS: `--import=${pathToFileURL(join(ROOT, "test/aws-sim/lib/operator.mjs")).href} --no-warnings`,
    },
  });
}
