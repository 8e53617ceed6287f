import { CliError } from "./errors.ts";
import { stackContainers, type ContainerInfo } from "./docker.ts";
import { checkStackName, onAws } from "./stack.ts";

/** Running hosts of a stack on this machine. @throws CliError when none runs, or the stack is on AWS */
export async function runningContainers(stack: string): Promise<ContainerInfo[]> {
  checkStackName(stack);
  if (onAws(stack)) throw new CliError(`${stack} is on AWS, whose hosts take orders from their store alone; this command speaks to containers on this machine.`, `Change the topology instead (e.g. weights in \`delivery\`): npx headend up --stack ${stack}  brings it to running hosts in seconds.`);
  const running = (await stackContainers(stack)).filter(({ host, state }) => host !== "" && state === "running");
  if (running.length === 0) throw new CliError(`The stack ${stack} does not run.`, `Start it: npx headend up --stack ${stack}`);
  return running;
}
