/** The engine's side of the conversation: log lines shown beside the resource they belong to. */
import grpc from "@grpc/grpc-js";
import engineService from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import pb from "@pulumi/pulumi/proto/engine_pb.js";

const SEVERITIES = { info: pb.LogSeverity.INFO, warning: pb.LogSeverity.WARNING, error: pb.LogSeverity.ERROR } as const;

export interface Engine {
  /** Points at the engine's address, `host:port`. */
  connect(address: string): void;
  /** Shows a line; an ephemeral one only in the progress display. A lost line never fails the operation. */
  log(severity: keyof typeof SEVERITIES, message: string, urn: string, ephemeral: boolean): void;
  /** Resolves when every line handed over so far has reached the engine. */
  flush(): Promise<void>;
}

/** An engine that may be attached now or later; until then its lines are dropped. */
export function createEngine(address: string | undefined): Engine {
  let client: InstanceType<typeof engineService.EngineClient> | undefined;
  let last: Promise<void> = Promise.resolve();
  const connect = (to: string): void => {
    client = new engineService.EngineClient(to, grpc.credentials.createInsecure());
  };
  if (address !== undefined && address !== "") connect(address);
  return {
    connect,
    log(severity, message, urn, ephemeral) {
      const to = client;
      if (to === undefined) return;
      const request = new pb.LogRequest();
      request.setSeverity(SEVERITIES[severity]);
      request.setMessage(message);
      request.setUrn(urn);
      request.setEphemeral(ephemeral);
      last = last.then(() => new Promise<void>((resolve) => { to.log(request, () => resolve()); }));
    },
    flush: () => last,
  };
}
