/** A host's own certificate by ACME with DNS-01: ordered when there is none, renewed in good time, shared with its group. */
import { Client, crypto } from "acme-client";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { acmeParameters, type AcmeOrder, type HostPointer } from "../../targets/aws/contract.ts";
import { messageOf } from "../failure.ts";

export interface Certificate { readonly certificate: string; readonly key: string }

export interface AcmeDeps {
  /** Value of a SecureString; null when there is none. */
  readonly read: (parameter: string) => Promise<string | null>;
  readonly write: (parameter: string, value: string) => Promise<void>;
  /** Makes a name's TXT record hold exactly these values (none: removed); resolves when name servers answer with them. */
  readonly setTxt: (zoneId: string, name: string, values: readonly string[]) => Promise<void>;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly sleep: (ms: number) => Promise<void>;
  readonly log: (line: string) => void;
}

/** Let's Encrypt advises to renew when a third of 90 days is left. */
const RENEW_MS = 30 * 86_400_000;
const LOOK_EVERY_MS = 3_600_000;
/** After a failed order; Let's Encrypt allows 5 failures an hour for a name. */
const RETRY_MS = 15 * 60_000;
/** Members of a group that start together let one order for all. */
const SPREAD_MS = 20_000;

export class AcmeKeeper {
  private known: Certificate | null = null;
  private looked = 0;
  private ordering: Promise<void> | null = null;
  private nextOrder = 0;

  constructor(private readonly deps: AcmeDeps) {}

  /** The certificate in use; null while there is none. What is missing or old is ordered meanwhile. Never rejects. */
  async current({ acme, secrets }: HostPointer): Promise<Certificate | null> {
    if (acme === null) return null;
    const now = this.deps.now().getTime();
    if (this.known !== null && now - this.looked < LOOK_EVERY_MS) return this.known;
    try {
      this.known = await this.stored(secrets.path, acme) ?? this.known;
      this.looked = now;
      if (this.known === null || expiry(this.known) - now < RENEW_MS) this.orderLater(secrets.path, acme);
    } catch (error) { this.deps.log(`certificate: ${messageOf(error)}`); }
    return this.known;
  }

  private orderLater(path: string, order: AcmeOrder): void {
    const now = this.deps.now().getTime();
    if (this.ordering !== null || now < this.nextOrder) return;
    this.nextOrder = now + RETRY_MS;
    this.ordering = this.order(path, order)
      .catch((error: unknown) => this.deps.log(`certificate for ${order.names.join(", ")}: ${messageOf(error)}; trying again in ${RETRY_MS / 60_000} min`))
      .finally(() => { this.ordering = null; });
  }

  private async order(path: string, order: AcmeOrder): Promise<void> {
    const { deps } = this;
    await deps.sleep(SPREAD_MS * deps.random());
    const other = await this.stored(path, order);
    if (other !== null && expiry(other) - deps.now().getTime() >= RENEW_MS) { this.known = other; return; }
    deps.log(`ordering a certificate for ${order.names.join(", ")}`);
    const got = await orderCertificate(order, await this.accountKey(path), deps);
    const places = acmeParameters(path);
    await deps.write(places.key, got.key);
    await deps.write(places.certificate, got.certificate);
    this.known = got;
    deps.log(`got a certificate for ${order.names.join(", ")}, good until ${new Date(expiry(got)).toISOString()}`);
  }

  /** What lies in the parameters, when chain and key fit together and it names what is ordered. */
  private async stored(path: string, order: AcmeOrder): Promise<Certificate | null> {
    const places = acmeParameters(path);
    const [certificate, key] = await Promise.all([this.deps.read(places.certificate), this.deps.read(places.key)]);
    if (certificate === null || key === null) return null;
    const found = { certificate, key };
    return fits(found, order.names) && expiry(found) > this.deps.now().getTime() ? found : null;
  }

  private async accountKey(path: string): Promise<string> {
    const { account } = acmeParameters(path);
    const kept = await this.deps.read(account);
    if (kept !== null) return kept;
    const made = (await crypto.createPrivateEcdsaKey()).toString();
    await this.deps.write(account, made);
    return made;
  }
}

/** Orders and waits. @throws Error with what the authority said */
export async function orderCertificate(order: AcmeOrder, accountKey: string, dns: Pick<AcmeDeps, "setTxt">): Promise<Certificate> {
  const client = new Client({ directoryUrl: order.directory, accountKey });
  const [subject = "", ...others] = order.names;
  const [key, csr] = await crypto.createCsr({ commonName: subject, altNames: [subject, ...others] }, await crypto.createPrivateEcdsaKey());
  // A name and its wildcard share one record, which then holds both values.
  const values = new Map<string, Set<string>>();
  const record = (name: string): string => `_acme-challenge.${name.replace(/^\*\./, "")}`;
  const certificate = await client.auto({
    csr, ...(order.email === null ? {} : { email: order.email }), termsOfServiceAgreed: true, challengePriority: ["dns-01"], skipChallengeVerification: true,
    challengeCreateFn: async (authz, _challenge, answer) => {
      const name = record(authz.identifier.value);
      const all = values.get(name) ?? new Set();
      values.set(name, all.add(answer));
      await dns.setTxt(order.zoneId, name, [...all]);
    },
    challengeRemoveFn: async (authz, _challenge, answer) => {
      const name = record(authz.identifier.value);
      const all = values.get(name);
      if (all === undefined || !all.delete(answer)) return;
      if (all.size === 0) await dns.setTxt(order.zoneId, name, []);
    },
  });
  return { certificate, key: key.toString() };
}

function expiry({ certificate }: Certificate): number {
  return new Date(new X509Certificate(certificate).validTo).getTime();
}

function fits({ certificate, key }: Certificate, names: readonly string[]): boolean {
  try {
    const leaf = new X509Certificate(certificate);
    const sans = (leaf.subjectAltName ?? "").split(", ").map((san) => san.replace(/^DNS:/, ""));
    return names.every((name) => sans.includes(name)) && leaf.checkPrivateKey(createPrivateKey(key));
  } catch { return false; }
}
