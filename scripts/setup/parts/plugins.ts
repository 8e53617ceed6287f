import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { probe } from "../download.ts";
import { SourceError, looksOffline } from "../errors.ts";
import { isExecutable } from "../machine.ts";
import { provide, runHere, type Context, type Part } from "../part.ts";
import { tail } from "../process.ts";
import { pulumiHome } from "../pulumi-env.ts";
import { pulumiPart } from "./pulumi.ts";

/** The providers that headend's program uses. */
export const PLUGINS = ["docker", "command", "tls", "aws"] as const;
/** Half a gigabyte that only deployments on AWS need: the user installs it, set-up takes it from then on. */
const BY_HAND: readonly PluginName[] = ["aws"];
export type PluginName = typeof PLUGINS[number];

/** An official plugin's program, or "stand-in" where headend's own serves instead. */
export type Plugin = { readonly kind: "official"; readonly program: string } | { readonly kind: "stand-in" };

/** Where Pulumi takes plugins from. */
const OFFICIAL = "https://get.pulumi.com/";
const INSTALL_MS = 240_000;

/** The version of a plugin is that of its npm package. */
export function pluginVersion(root: string, name: PluginName): string {
  return (JSON.parse(readFileSync(join(root, "node_modules/@pulumi", name, "package.json"), "utf8")) as { readonly version: string }).version;
}

function programIn(home: string, name: PluginName, version: string): string {
  return join(home, "plugins", `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/** One official plugin. Its home is where Pulumi itself keeps plugins, the user's or headend's. */
export function pluginPart(root: string, name: PluginName): Part<Plugin> {
  const version = pluginVersion(root, name);
  return {
    name: `Pulumi plugin ${name}`,
    version,
    space: { cache: 150e6, docker: 0 },

    async find(ctx) {
      const homes = [ctx.machine.env["PULUMI_HOME"], join(ctx.machine.env["HOME"] ?? homedir(), ".pulumi"), pulumiHome(ctx.machine.env)];
      for (const home of homes) {
        if (home === undefined || home === "") continue;
        const program = programIn(home, name, version);
        // Pulumi marks an installation under way with a .partial file.
        if (isExecutable(program) && !existsSync(`${join(home, "plugins", `resource-${name}-v${version}`)}.partial`)) return { value: { kind: "official", program }, source: "installed" };
      }
      return BY_HAND.includes(name) || standInsChosen(ctx) ? { value: { kind: "stand-in" }, source: "registries" } : null;
    },

    async download(ctx, step) {
      const pulumi = (await provide(pulumiPart, ctx)).value;
      step.phase("official download");
      await probe(ctx, OFFICIAL);
      const home = pulumiHome(ctx.machine.env);
      const result = await runHere(ctx, [pulumi.program, "plugin", "install", "resource", name, `v${version}`], {
        env: { PULUMI_HOME: home, PULUMI_SKIP_UPDATE_CHECK: "true" }, timeoutMs: INSTALL_MS,
      });
      const program = programIn(home, name, version);
      if (result.code !== 0 || !isExecutable(program)) {
        if (looksOffline(result.stderr)) ctx.silentHosts.add(new URL(OFFICIAL).host);
        throw new SourceError(`pulumi plugin install failed:\n${tail(result, 3)}`, looksOffline(result.stderr));
      }
      return { kind: "official", program };
    },

    async build(_ctx, step) {
      step.phase("headend's own stand-in");
      return { kind: "stand-in" };
    },
  };
}

/** Once stand-ins serve a clone they stay, so that no run waits for a network that was not there: removing .headend/bin asks again. */
function standInsChosen(ctx: Context): boolean {
  return PLUGINS.filter((name) => !BY_HAND.includes(name)).every((name) => {
    try { return readFileSync(join(ctx.root, ".headend/bin", `pulumi-resource-${name}`), "latin1").startsWith("#!/bin/sh"); } catch { return false; }
  });
}
