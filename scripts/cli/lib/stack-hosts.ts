import { CliError } from "./errors.ts";
import { stackContainers, type ContainerInfo } from "./docker.ts";
import { checkStackName } from "./stack.ts";

/** Running hosts of a stack. @throws CliError when none runs */
export async function runningContainers(stack: string): Promise<ContainerInfo[]> {
  checkStackName(stack);
  const running = (await stackContainers(stack)).filter(({ host, state }) => host !== "" && state === "running");
  if (running.length === 0) throw new CliError(`The stack ${stack} does not run.`, `Start it: npx headend up --stack ${stack}`);
  return running;
}
