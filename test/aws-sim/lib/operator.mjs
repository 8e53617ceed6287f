/**
 * Loaded into the `headend` command (`--import`) to put it on the simulated internet: names below SIM_DOMAIN are asked of the name server
 * SIM_DNS, and programs that it starts find the simulation's plugin (in SIM_BIN) before the one that people get.
 */
import child_process from "node:child_process";
import dns from "node:dns";
import { syncBuiltinESMExports } from "node:module";

const { SIM_BIN = "", SIM_DNS = "", SIM_DOMAIN = "" } = process.env;
const { spawn } = child_process, { lookup } = dns;
const resolver = new dns.Resolver({ timeout: 2000, tries: 2 });
resolver.setServers([SIM_DNS]);

dns.lookup = (name, options, callback) => {
  if (name !== SIM_DOMAIN && !name.endsWith(`.${SIM_DOMAIN}`)) return lookup(name, options, callback);
  const done = typeof options === "function" ? options : callback;
  resolver.resolve4(name, (error, found) => {
    if (error) done(error);
    else if (options.all) done(null, found.map((address) => ({ address, family: 4 })));
    else done(null, found[0], 4);
  });
};
child_process.spawn = (file, args, options) => spawn(file, args, options?.env?.PATH ? { ...options, env: { ...options.env, PATH: `${SIM_BIN}:${options.env.PATH}` } } : options);
syncBuiltinESMExports();
