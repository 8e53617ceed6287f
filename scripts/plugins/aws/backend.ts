/** What stands behind the aws types: nothing for people (previews only), a simulation in tests. */
import { PluginError } from "../resource.ts";
import type { Context, CreateArgs, Created, DeleteArgs, ReadArgs, ReadResult, UpdateArgs } from "../resource.ts";
import type { Properties } from "../wire/values.ts";

/** Carries out what was checked before; `type` is such as `ec2/Instance`. */
export interface AwsBackend {
  create(type: string, args: CreateArgs, context: Context): Promise<Created>;
  read(type: string, args: ReadArgs, context: Context): Promise<ReadResult | undefined>;
  update(type: string, args: UpdateArgs, context: Context): Promise<Properties>;
  delete(type: string, args: DeleteArgs, context: Context): Promise<void>;
  /** An answer of the backend's own to a function; undefined leaves it to the placeholders of functions.ts. */
  invoke(token: string, args: Properties): Promise<Properties | undefined>;
}

/** Refuses everything but previews, in words. */
export function previewsOnly(version: string): AwsBackend {
  const refuse = (what: string): never => {
    throw new PluginError(`${what}: this is headend's stand-in for the aws plugin. It shows previews without credentials and never touches AWS; nothing was changed.\n` +
      `To deploy, install the official plugin and run set-up again, with credentials in the environment:\n  pulumi plugin install resource aws v${version}\n  npx headend setup\n(docs/aws.md has the steps.)`);
  };
  return {
    create: async (type, _args, context) => refuse(`${type} ${context.name} cannot be created`),
    read: async (type, _args, context) => refuse(`${type} ${context.name} cannot be read`),
    update: async (type, _args, context) => refuse(`${type} ${context.name} cannot be changed`),
    delete: async (type, _args, context) => refuse(`${type} ${context.name} cannot be deleted`),
    invoke: async () => undefined,
  };
}
