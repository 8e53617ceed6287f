/** What runs only on AWS, beside hostd: `aws.js pull | watch | recordings`, each a systemd unit of its own. */
import { messageOf } from "../failure.ts";
import { pull } from "../pull/main.ts";

const COMMANDS: Readonly<Record<string, () => Promise<number>>> = { pull };

const USAGE = `usage: aws.js COMMAND
  pull         follow this host's configuration in S3, apply it through hostd, report`;

const command = COMMANDS[process.argv[2] ?? ""];
if (command === undefined) {
  process.stderr.write(`${USAGE}\n`);
  process.exit(process.argv[2] === "--help" ? 0 : 2);
}
command().then((code) => process.exit(code), (error: unknown) => {
  process.stderr.write(`${messageOf(error)}\n`);
  process.exit(1);
});
