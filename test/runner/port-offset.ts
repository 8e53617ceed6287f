/** A range of ports for the stacks of one test run, in which nothing listens: a person's own stacks may run beside the tests. */
import { ROLE_PORTS } from "../../infra/plan/ports.ts";
import { LOCAL_HTTPS } from "../../infra/targets/local/ports.ts";
import { checkPorts, type PortWanted } from "../../scripts/setup/ports.ts";

/** Offsets that are tried, in order: what they lead to stays below Linux's ephemeral ports (32768 and up). */
const OFFSETS = Array.from({ length: 8 }, (_, i) => 20_000 + 250 * i);
/** Published ports count up with the hosts of a role; tests have no more hosts of one. */
const HOSTS = 4;

/**
 * The first offset at which every port that a test's stack may publish is free on loopback.
 * @throws Error naming a port that is taken, when no offset is free
 */
export async function freePortOffset(check: typeof checkPorts = checkPorts): Promise<number> {
  let example = 0;
  for (const offset of OFFSETS) {
    const wanted = Object.values(ROLE_PORTS).flat().flatMap((fact): PortWanted[] => Array.from({ length: HOSTS }, (_, i) => (
      { port: (fact.port === 443 ? LOCAL_HTTPS : fact.port) + offset + i, protocol: fact.transport, address: "127.0.0.1" })));
    const [taken] = await check(wanted);
    if (!taken) return offset;
    example = taken.port;
  }
  throw new Error(`No free range of ports for the tests' stacks: something listens in each of ${OFFSETS.join(", ")} (e.g. port ${example}). Stop it, or set HEADEND_TEST_PORT_OFFSET.`);
}
