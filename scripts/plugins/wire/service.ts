/** The Pulumi ResourceProvider service over gRPC, for a {@link Plugin}. */
import grpc from "@grpc/grpc-js";
import providerService from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/provider_pb.js";
import pluginPb from "@pulumi/pulumi/proto/plugin_pb.js";
import statusPb from "@pulumi/pulumi/proto/status_pb.js";
import emptyPb from "google-protobuf/google/protobuf/empty_pb.js";
import anyPb from "google-protobuf/google/protobuf/any_pb.js";
import structPb from "google-protobuf/google/protobuf/struct_pb.js";
import { InitFailed, PluginError } from "../resource.ts";
import type { Autonaming, CheckFailure, Context, DiffKind, Plugin, Resource } from "../resource.ts";
import type { Engine } from "./engine.ts";
import type { Operations } from "./operations.ts";
import { checkConfig, diffConfig } from "./config.ts";
import type { Properties } from "./values.ts";

type Struct = structPb.Struct;

const KINDS: Readonly<Record<DiffKind, pb.PropertyDiff.Kind>> = {
  "add": pb.PropertyDiff.Kind.ADD,
  "add-replace": pb.PropertyDiff.Kind.ADD_REPLACE,
  "delete": pb.PropertyDiff.Kind.DELETE,
  "delete-replace": pb.PropertyDiff.Kind.DELETE_REPLACE,
  "update": pb.PropertyDiff.Kind.UPDATE,
  "update-replace": pb.PropertyDiff.Kind.UPDATE_REPLACE,
};

function fromStruct(struct: Struct | undefined): Properties {
  return (struct?.toJavaScript() ?? {}) as Properties;
}

function toStruct(properties: Properties): Struct {
  return structPb.Struct.fromJavaScript(properties as Record<string, structPb.JavaScriptValue>);
}

/** The type token of a URN: its last `$`-separated part. */
export function typeOf(urn: string): string {
  const chain = urn.split("::")[2] ?? "";
  return chain.slice(chain.lastIndexOf("$") + 1);
}

/** The name a URN ends in. */
export function nameOf(urn: string): string {
  return urn.split("::").slice(3).join("::");
}

interface Failure { code: grpc.status; details: string; metadata?: grpc.Metadata }

function initFailure(error: InitFailed): Failure {
  const detail = new pb.ErrorResourceInitFailed();
  detail.setId(error.id);
  detail.setProperties(toStruct(error.outputs));
  detail.setInputs(toStruct(error.inputs));
  detail.setReasonsList([error.message]);
  const packed = new anyPb.Any();
  packed.pack(detail.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const status = new statusPb.Status();
  status.setCode(grpc.status.UNKNOWN);
  status.setMessage(error.message);
  status.addDetails(packed);
  const metadata = new grpc.Metadata();
  metadata.add("grpc-status-details-bin", Buffer.from(status.serializeBinary()));
  return { code: grpc.status.UNKNOWN, details: error.message, metadata };
}

function failureOf(error: unknown): Failure {
  if (error instanceof InitFailed) return initFailure(error);
  if (error instanceof PluginError) return { code: grpc.status.UNKNOWN, details: error.message };
  const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
  return { code: grpc.status.INTERNAL, details: `internal error of the stand-in plugin: ${text}` };
}

/** Builds the service's handlers. Engine, plugin and running operations are shared by all calls. */
export function serviceHandlers(plugin: Plugin, engine: Engine, operations: Operations): grpc.UntypedServiceImplementation {
  const unary = <Q, R>(work: (request: Q, signal: AbortSignal) => R | Promise<R>): grpc.handleUnaryCall<Q, R> =>
    (call, callback) => {
      operations.run((signal) => Promise.resolve(work(call.request, signal))).then(
        (answer) => callback(null, answer),
        (error: unknown) => callback(failureOf(error)),
      );
    };
  const refuse = (what: string) => unary(() => {
    throw new PluginError(`${what} is not supported by headend's stand-in for the ${plugin.name} plugin. ` +
      `Install the official one with: pulumi plugin install resource ${plugin.name} v${plugin.version}`);
  });
  const context = (urn: string, signal: AbortSignal): Context => ({
    urn, signal, name: nameOf(urn),
    log: (severity, message, ephemeral) => engine.log(severity, message, urn, ephemeral ?? false),
  });
  const resourceOf = (urn: string): Resource => {
    const found = plugin.resources.get(typeOf(urn));
    if (found !== undefined) return found;
    throw new PluginError(`${typeOf(urn)} is not supported by headend's stand-in for the ${plugin.name} plugin. ` +
      `Install the official one with: pulumi plugin install resource ${plugin.name} v${plugin.version}`);
  };
  const checkResponse = (inputs: Properties, failures: readonly CheckFailure[]): pb.CheckResponse => {
    const response = new pb.CheckResponse();
    response.setInputs(toStruct(inputs));
    response.setFailuresList(failures.map((f) => {
      const failure = new pb.CheckFailure();
      failure.setProperty(f.property);
      failure.setReason(f.reason);
      return failure;
    }));
    return response;
  };
  const diffResponse = (changes: ReadonlyMap<string, DiffKind>, deleteBeforeReplace: boolean, stables: readonly string[]): pb.DiffResponse => {
    const response = new pb.DiffResponse();
    const top = (path: string): string => path.split(/[.[]/, 1)[0] ?? path;
    const replaces = [...changes].filter(([, kind]) => kind.endsWith("-replace")).map(([path]) => top(path));
    response.setChanges(changes.size > 0 ? pb.DiffResponse.DiffChanges.DIFF_SOME : pb.DiffResponse.DiffChanges.DIFF_NONE);
    response.setDiffsList([...new Set([...changes.keys()].map(top))].sort());
    response.setReplacesList([...new Set(replaces)].sort());
    response.setStablesList(stables.filter((name) => !replaces.includes(name)));
    response.setDeletebeforereplace(deleteBeforeReplace && replaces.length > 0);
    response.setHasdetaileddiff(true);
    for (const [path, kind] of changes) {
      const property = new pb.PropertyDiff();
      property.setKind(KINDS[kind]);
      response.getDetaileddiffMap().set(path, property);
    }
    return response;
  };

  return {
    getPluginInfo: unary(() => {
      const info = new pluginPb.PluginInfo();
      info.setVersion(plugin.version);
      return info;
    }),
    getSchema: unary(() => {
      const response = new pb.GetSchemaResponse();
      response.setSchema(plugin.schema());
      return response;
    }),
    attach: unary((request: pluginPb.PluginAttach) => {
      engine.connect(request.getAddress());
      return new emptyPb.Empty();
    }),
    cancel: unary(() => {
      operations.cancel();
      return new emptyPb.Empty();
    }),
    checkConfig: unary((request: pb.CheckRequest) => {
      const news = fromStruct(request.getNews());
      return checkResponse(news, checkConfig(plugin, news));
    }),
    diffConfig: unary((request: pb.DiffRequest) =>
      diffResponse(diffConfig(plugin, fromStruct(request.getOlds()), fromStruct(request.getNews())), false, [])),
    configure: unary((request: pb.ConfigureRequest) => {
      plugin.configure(fromStruct(request.getArgs()));
      const response = new pb.ConfigureResponse();
      response.setAcceptsecrets(plugin.acceptSecrets);
      response.setSupportspreview(true);
      response.setSupportsAutonamingConfiguration(true);
      return response;
    }),
    check: unary((request: pb.CheckRequest, signal) => {
      const urn = request.getUrn();
      const asked = request.getAutonaming();
      const modes: readonly Autonaming["mode"][] = ["propose", "enforce", "disable"];
      const result = resourceOf(urn).check({
        olds: fromStruct(request.getOlds()), news: fromStruct(request.getNews()), seed: request.getRandomseed_asU8(),
        ...(asked ? { autonaming: { proposedName: asked.getProposedName(), mode: modes[asked.getMode()] ?? "propose" } } : {}),
      }, context(urn, signal));
      return checkResponse(result.inputs, result.failures);
    }),
    diff: unary((request: pb.DiffRequest, signal) => {
      const urn = request.getUrn();
      const result = resourceOf(urn).diff({
        id: request.getId(), state: fromStruct(request.getOlds()), oldInputs: fromStruct(request.getOldInputs()), news: fromStruct(request.getNews()),
      }, context(urn, signal));
      return diffResponse(result.changes, result.deleteBeforeReplace, result.stables ?? []);
    }),
    create: unary(async (request: pb.CreateRequest, signal) => {
      const urn = request.getUrn();
      const made = await resourceOf(urn).create({
        inputs: fromStruct(request.getProperties()), preview: request.getPreview(), timeoutSeconds: request.getTimeout(),
      }, context(urn, signal));
      const response = new pb.CreateResponse();
      response.setId(made.id);
      response.setProperties(toStruct(made.outputs));
      return response;
    }),
    read: unary(async (request: pb.ReadRequest, signal) => {
      const urn = request.getUrn();
      const found = await resourceOf(urn).read({
        id: request.getId(), state: fromStruct(request.getProperties()), inputs: fromStruct(request.getInputs()),
      }, context(urn, signal));
      const response = new pb.ReadResponse();
      if (found === undefined) return response;
      response.setId(found.id);
      response.setProperties(toStruct(found.outputs));
      response.setInputs(toStruct(found.inputs));
      return response;
    }),
    update: unary(async (request: pb.UpdateRequest, signal) => {
      const urn = request.getUrn();
      const outputs = await resourceOf(urn).update({
        id: request.getId(), state: fromStruct(request.getOlds()), oldInputs: fromStruct(request.getOldInputs()),
        inputs: fromStruct(request.getNews()), preview: request.getPreview(), timeoutSeconds: request.getTimeout(),
      }, context(urn, signal));
      const response = new pb.UpdateResponse();
      response.setProperties(toStruct(outputs));
      return response;
    }),
    delete: unary(async (request: pb.DeleteRequest, signal) => {
      const urn = request.getUrn();
      await resourceOf(urn).delete({
        id: request.getId(), state: fromStruct(request.getProperties()), timeoutSeconds: request.getTimeout(),
      }, context(urn, signal));
      return new emptyPb.Empty();
    }),
    invoke: unary(async (request: pb.InvokeRequest) => {
      if (plugin.invoke !== undefined) {
        const outputs = await plugin.invoke(request.getTok(), fromStruct(request.getArgs()), (message) => engine.log("info", message, "", false));
        const response = new pb.InvokeResponse();
        response.setReturn(toStruct(outputs));
        return response;
      }
      throw new PluginError(`the function ${request.getTok()} is not supported by headend's stand-in for the ${plugin.name} plugin. ` +
        `Install the official one with: pulumi plugin install resource ${plugin.name} v${plugin.version}`);
    }),
    call: refuse("Calling a method"),
    construct: refuse("A component resource"),
  };
}

export const service = providerService.ResourceProviderService;
