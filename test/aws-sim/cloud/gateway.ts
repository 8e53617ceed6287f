/** AWS's API as hosts and the operator see it: signs of a role are judged by its policies, then moto answers; what moto cannot know is answered here. */
import http from "node:http";
import { allowed } from "./iam.ts";
import { accessKeyOf, callOf } from "./calls.ts";
import type { Call } from "./calls.ts";
import type { CloudEvent, CloudState } from "./state.ts";

interface Answer { readonly status: number; readonly type: string; readonly body: string }

/** @param state what is true now */
export function createGateway(state: () => CloudState | null, event: (e: CloudEvent) => void): http.Server {
  return http.createServer((req, res) => {
    void handle(req, res, state(), event).catch((error: unknown) => {
      if (!res.headersSent) res.writeHead(502);
      res.end(String(error));
    });
  });
}

async function handle(req: http.IncomingMessage, res: http.ServerResponse, state: CloudState | null, event: (e: CloudEvent) => void): Promise<void> {
  const url = new URL(req.url ?? "/", `http://${req.headers.host ?? "api"}`);
  const headers = Object.fromEntries(Object.entries(req.headers).map(([k, v]) => [k, Array.isArray(v) ? v.join(",") : v]));
  const parts: Buffer[] = [];
  for await (const part of req) parts.push(part as Buffer);
  const body = Buffer.concat(parts), request = { method: req.method ?? "GET", url, headers, body };
  if (state === null) return end(res, { status: 503, type: "text/plain", body: "the simulated cloud is starting" });
  const call = callOf(request, state.account);
  const denial = judge(call, accessKeyOf(request), headers["x-amz-security-token"], state, event);
  if (denial !== null) return end(res, denial);
  const own = call === null ? null : answerHere(call, state, event);
  if (own !== null) return end(res, own);
  forward(state.api, request, req.headers, res);
}

function end(res: http.ServerResponse, answer: Answer): void {
  res.writeHead(answer.status, { "content-type": answer.type, "content-length": Buffer.byteLength(answer.body), "x-amzn-requestid": "sim" });
  res.end(answer.body);
}

/** Null when the call may pass. Keys that are no role's are the operator's and may do everything. */
function judge(call: Call | null, key: string | null, token: string | undefined, state: CloudState, event: (e: CloudEvent) => void): Answer | null {
  if (call === null || key === null) return refusal(call, "AccessDenied", "The request is not signed");
  const role = state.roles.find((r) => r.accessKey === key);
  if (role === undefined) return key.startsWith("ASIA") ? refusal(call, "InvalidClientTokenId", "The security token included in the request is invalid") : null;
  if (token !== role.token) return refusal(call, "InvalidClientTokenId", "The security token included in the request is missing or wrong");
  const refused = call.resources.find((resource) => !allowed(role.policies, call.action, resource, call.facts));
  if (refused === undefined) return null;
  event({ kind: "denied", role: role.name, action: call.action, resource: refused });
  return refusal(call, call.service === "s3" || call.service === "route53" ? "AccessDenied" : "AccessDeniedException", `User: arn:aws:sts::${state.account}:assumed-role/${role.name}/i-sim is not authorized to perform: ${call.action} on resource: ${refused} because no identity-based policy allows the ${call.action} action`);
}

function refusal(call: Call | null, code: string, message: string): Answer {
  if (call !== null && ["ssm", "logs"].includes(call.service)) return { status: 400, type: "application/x-amz-json-1.1", body: JSON.stringify({ __type: code, message }) };
  const inner = `<Code>${code}</Code><Message>${message}</Message>`;
  return { status: 403, type: "application/xml", body: call === null || call.service === "s3" ? `<?xml version="1.0"?><Error>${inner}</Error>` : `<?xml version="1.0"?><ErrorResponse><Error><Type>Sender</Type>${inner}</Error></ErrorResponse>` };
}

/** Auto Scaling lives in the simulation, not in moto. */
function answerHere(call: Call, state: CloudState, event: (e: CloudEvent) => void): Answer | null {
  if (call.service !== "autoscaling") return null;
  const p = call.parameters, name = call.action.split(":")[1] ?? "";
  const xml = (inner: string): Answer => ({ status: 200, type: "text/xml", body: `<${name}Response xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><${name}Result>${inner}</${name}Result><ResponseMetadata><RequestId>sim</RequestId></ResponseMetadata></${name}Response>` });
  const error = (message: string): Answer => ({ status: 400, type: "text/xml", body: `<ErrorResponse xmlns="http://autoscaling.amazonaws.com/doc/2011-01-01/"><Error><Type>Sender</Type><Code>ValidationError</Code><Message>${message}</Message></Error></ErrorResponse>` });
  if (name === "CompleteLifecycleAction" || name === "RecordLifecycleActionHeartbeat") {
    const group = p["AutoScalingGroupName"] ?? "", hook = p["LifecycleHookName"] ?? "", instance = p["InstanceId"] ?? "";
    const member = state.groups.find((g) => g.name === group)?.members.find((m) => m.id === instance);
    if (member === undefined || !member.state.endsWith(":Wait")) return error(`No active Lifecycle Action found with instance ID ${instance}`);
    event(name === "CompleteLifecycleAction" ? { kind: "lifecycle-complete", group, hook, instance, result: p["LifecycleActionResult"] ?? "CONTINUE" } : { kind: "heartbeat", group, hook, instance });
    return xml("");
  }
  if (name === "DescribeAutoScalingGroups") {
    const wanted = Object.entries(p).filter(([k]) => k.startsWith("AutoScalingGroupNames.")).map(([, v]) => v);
    const groups = state.groups.filter((g) => g.region === call.region && (wanted.length === 0 || wanted.includes(g.name)));
    return xml(`<AutoScalingGroups>${groups.map((g) => `<member><AutoScalingGroupName>${g.name}</AutoScalingGroupName><AutoScalingGroupARN>${g.arn}</AutoScalingGroupARN><MinSize>${g.min}</MinSize><MaxSize>${g.max}</MaxSize><DesiredCapacity>${g.desired}</DesiredCapacity><DefaultCooldown>300</DefaultCooldown><HealthCheckType>ELB</HealthCheckType><CreatedTime>2026-01-01T00:00:00Z</CreatedTime><AvailabilityZones/><Instances>${g.members.map((m) => `<member><InstanceId>${m.id}</InstanceId><AvailabilityZone>${m.zone}</AvailabilityZone><LifecycleState>${m.state}</LifecycleState><HealthStatus>${m.healthy ? "Healthy" : "Unhealthy"}</HealthStatus><ProtectedFromScaleIn>false</ProtectedFromScaleIn></member>`).join("")}</Instances></member>`).join("")}</AutoScalingGroups>`);
  }
  event({ kind: "unknown-call", what: call.action });
  return error(`${name} is not simulated`);
}

function forward(api: string, request: { method: string; url: URL; body: Buffer }, headers: http.IncomingHttpHeaders, res: http.ServerResponse): void {
  const to = new URL(api);
  const out = http.request({ host: to.hostname, port: to.port, method: request.method, path: request.url.pathname + request.url.search, headers: { ...headers, host: headers.host ?? to.host } }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers);
    answer.pipe(res);
  });
  out.on("error", (error) => { if (!res.headersSent) res.writeHead(502); res.end(error.message); });
  out.end(request.body);
}
