/** What runs only on AWS, beside hostd: `aws.js pull | watch | recordings`, each a systemd unit of its own. */
import { messageOf } from "../failure.ts";
import { pull } from "../pull/main.ts";
import { recordings } from "../recordings/main.ts";
import { watch } from "../watch/main.ts";

const COMMANDS: Readonly<Record<string, () => Promise<number>>> = { pull, watch, recordings };

const USAGE = `usage: aws.js COMMAND
  pull         follow this host's configuration in S3, apply it through hostd, report
  watch        the journal and a few numbers to CloudWatch Logs
  recordings   finished recordings to S3`;

const command = COMMANDS[process.argv[2] ?? ""];
if (command === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(process.argv[2] === "--help" ? 0 : 2);
}
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => process.exit(0));
command().then((code) => process.exit(code), (error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
