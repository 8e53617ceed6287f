/** Set-up: brings every outside part that headend needs, and tells what to run Pulumi with. */
export { cacheDir } from "./cache.ts";
export { SetupError } from "./errors.ts";
export { hostImageTag } from "./host-image.ts";
export { checkPorts, portMessage, type PortHolder, type PortTaken, type PortWanted } from "./ports.ts";
export { binDir, ensureState, pulumiEnv, stateRoot, userBackend } from "./pulumi-env.ts";
export { installPulumiCommand, removePulumiCommand } from "./pulumi-command.ts";
export { createReporter, elapsed, silentReporter, type Reporter, type Step } from "./reporter.ts";
export { findArchive, type BuiltArchive } from "./aws-programs.ts";
export { ensureAwsPrograms, ensureTestTools, ensureToolchain, type TestTool, type Toolchain, type ToolchainOptions, type ToolchainPart } from "./toolchain.ts";
