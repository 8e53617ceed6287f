/** A real stack on the aws target over a simulated account: the real CLI and program, the simulation in place of AWS. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { pulumiEnv } from "../../../scripts/setup/index.ts";
import { TestStack } from "../../e2e/lib/stack.ts";
import { World } from "../world/world.ts";

const ROOT = resolve(fileURLToPath(new URL("../../..", import.meta.url)));
/** Two runs on one machine have two internets: the third number is the port offset in thousands. */
const OCTET = Math.round(Number(process.env["HEADEND_TEST_PORT_OFFSET"] ?? 20_000) / 1000) % 256;

export interface AwsStackOptions {
  readonly name: string;
  /** Lines of the topology after `headend: 1` and `name:`. */
  readonly topology: string;
  readonly config?: Readonly<Record<string, string>>;
  readonly secrets?: Readonly<Record<string, string>>;
  /** Health checks come so many times faster than declared. */
  readonly speed?: number;
  readonly hosts?: "containers" | "reports";
}

export interface AwsStack { readonly world: World; readonly stack: TestStack; close(): Promise<void> }

/** Starts the simulated account and makes the stack; deploys nothing. */
export async function awsStack(o: AwsStackOptions): Promise<AwsStack> {
  const world = await World.start({ name: `headend-${o.name}`, octet: OCTET, ...(o.speed === undefined ? {} : { speed: o.speed }), ...(o.hosts === undefined ? {} : { hosts: o.hosts }), say: (line) => process.stderr.write(`        ${line}\n`) });
  try {
    const stack = new TestStack({
      name: o.name, topology: o.topology, ...(o.secrets ? { secrets: o.secrets } : {}), env: simulationEnv(world),
      config: { target: "aws", certificates: "local", images: JSON.stringify(Object.fromEntries(["eu-central-1", "us-east-1"].flatMap((region) => ["x86", "arm"].map((a) => [`${region}/${a}`, "ami-0d3b1a12345678900"])))), ...o.config },
    });
    await stack.init();
    return { world, stack, close: async () => { await stack.destroy(); await world.close(); } };
  } catch (error) { await world.close(); throw error; }
}

/** Variables that lead Pulumi's aws plugin, and whatever else speaks to AWS, to the simulation. */
export function simulationEnv(world: World): Record<string, string> {
  const bin = join(world.scratch, "bin"), plugin = join(bin, "pulumi-resource-aws"), loader = pathToFileURL(join(ROOT, "node_modules/tsx/dist/loader.mjs")).href;
  mkdirSync(bin, { recursive: true });
  writeFileSync(plugin, `#!/bin/sh\nexec '${process.execPath}' --import '${loader}' '${join(ROOT, "test/aws-sim/plugin.ts")}' "$@"\n`, { mode: 0o755 });
  return {
    PATH: `${bin}:${pulumiEnv(ROOT)["PATH"] ?? ""}`, HEADEND_AWS_SIMULATION: world.url, AWS_ENDPOINT_URL: world.internet.api, AWS_ACCESS_KEY_ID: "operator", AWS_SECRET_ACCESS_KEY: "operator", AWS_SESSION_TOKEN: "", AWS_PROFILE: "",
    AWS_REGION: "eu-central-1", AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED: "true",
  };
}
