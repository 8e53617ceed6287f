/** Pull mode: watches this host's pointer, brings what it names into force through hostd, and reports. */
import { POLL_SECONDS, type HostPointer, type Report } from "../../targets/aws/contract.ts";
import { CERTIFICATE_SECRETS } from "../../plan/secrets.ts";
import type { Bundle } from "../../render/bundle.ts";
import { HostFailure, messageOf } from "../failure.ts";
import type { ConfigStore, SeenPointer } from "./store.ts";

/** What hostd answered to an apply. */
export interface Applied { readonly ok: boolean; readonly lines: readonly string[] }

export interface Hostd {
  /** @throws HostFailure when hostd cannot be reached; what it refuses is an answer */
  apply(input: { readonly bundle: unknown; readonly secrets: Readonly<Record<string, string>>; readonly public?: string }): Promise<Applied>;
  /** True when hostd has a configuration in force. */
  configured(): Promise<boolean>;
}

export interface Programs {
  /** SHA-256 of the archive that is installed. */
  installed(): string;
  /** Asks for another to be installed; `attempt` tells one wish for it from the next. */
  want(sha256: string, attempt: string): void;
  /** Why that attempt failed; null while it is not known. */
  problem(sha256: string, attempt: string): string | null;
}

export interface PullerDeps {
  readonly store: Omit<ConfigStore, "orders" | "live">;
  readonly hostd: Hostd;
  readonly programs: Programs;
  readonly host: string;
  readonly instance: string;
  /** Address at which the outside reaches this instance; null while it has none. Never rejects. */
  readonly publicAddress: () => Promise<string | null>;
  /** Chain and key by ACME, when the pointer orders one; null while there is none yet. */
  readonly acme: (pointer: HostPointer) => Promise<{ readonly certificate: string; readonly key: string } | null>;
  /** The pointer that holds from now on, for the loops beside this one. */
  readonly adopted: (pointer: HostPointer) => void;
  readonly now: () => Date;
  /** From 0 to 1. */
  readonly random: () => number;
  readonly log: (line: string) => void;
}

const LONGEST_WAIT_MS = 30_000;
/** An S3 object may be 5 TB; nobody reads more than this. */
const LONGEST_MESSAGE = 12_000;

export class Puller {
  /** Wish that needs no further attempt: in force, or refused while something else is in force. */
  private settled: string | null = null;
  private failures = 0;
  private unsent: Report | null = null;
  private said = "";
  private readonly bundles = new Map<string, string>();

  constructor(private readonly deps: PullerDeps) {}

  /** Looks once and does what is asked. Never rejects. Resolves to the milliseconds until the next look. */
  async tick(): Promise<number> {
    try {
      await this.send();
      const seen = await this.deps.store.pointer();
      if (seen === null) { this.say("waiting: there is no configuration for this host in the store yet"); return this.pause(); }
      const settled = await this.follow(seen);
      this.failures = settled ? 0 : this.failures + 1;
    } catch (error) {
      this.failures++;
      this.say(`${messageOf(error)}; what is in force stays, trying again`);
    }
    return this.pause();
  }

  /** True when nothing is left to do for this pointer. */
  private async follow({ pointer, version }: SeenPointer): Promise<boolean> {
    const { deps } = this;
    const address = pointer.publicAddress ?? await deps.publicAddress();
    const acme = pointer.acme === null ? null : await deps.acme(pointer);
    if (pointer.acme !== null && acme === null) { this.say("waiting for the certificate that is being ordered"); deps.adopted(pointer); return false; }
    const wish = JSON.stringify([version, address, acme?.certificate ?? null, deps.programs.installed()]);
    if (wish === this.settled) return true;
    deps.adopted(pointer);
    if (pointer.programs !== deps.programs.installed()) return this.install(pointer, version, wish);
    try {
      const bundle = await this.bundle(pointer);
      const fromAcme: readonly string[] = acme === null ? [] : CERTIFICATE_SECRETS;
      const secrets = await deps.store.secrets(pointer.secrets.path, bundle.secrets.filter((name) => !fromAcme.includes(name)));
      const [crt, key] = CERTIFICATE_SECRETS;
      const all = acme === null ? secrets : { ...secrets, [crt]: acme.certificate, [key]: acme.key };
      const answer = await deps.hostd.apply({ bundle, secrets: all, ...(address === null ? {} : { public: address }) });
      await this.report(pointer, answer.ok, answer.lines);
      // Refused with nothing in force: perhaps what it needs is not there yet. Refused with something in force: trying again could interrupt it.
      if (!answer.ok && !await deps.hostd.configured()) return false;
      this.settled = wish;
      this.said = "";
      return true;
    } catch (error) {
      if (error instanceof HostFailure) await this.report(pointer, false, [error.message]);
      throw error;
    }
  }

  private async install(pointer: HostPointer, version: string, wish: string): Promise<boolean> {
    const problem = this.deps.programs.problem(pointer.programs, version);
    if (problem === null) {
      this.say(`programs ${pointer.programs.slice(0, 12)} are asked for, ${this.deps.programs.installed().slice(0, 12) || "none"} are installed: installing`);
      this.deps.programs.want(pointer.programs, version);
      return false;
    }
    await this.report(pointer, false, [problem]);
    this.settled = wish;
    return true;
  }

  private async bundle(pointer: HostPointer): Promise<Bundle> {
    const known = this.bundles.get(pointer.bundle);
    const text = known ?? await this.deps.store.bundle(pointer.bundle);
    this.bundles.clear();
    this.bundles.set(pointer.bundle, text);
    return JSON.parse(text) as Bundle;
  }

  private async report(pointer: HostPointer, ok: boolean, lines: readonly string[]): Promise<void> {
    const { deps } = this;
    const message = lines.join("\n");
    this.unsent = {
      format: 1, host: deps.host, instance: deps.instance, bundle: pointer.bundle, secretsVersion: pointer.secrets.version,
      programs: deps.programs.installed(), ok, message: message.length > LONGEST_MESSAGE ? `…${message.slice(-LONGEST_MESSAGE)}` : message,
      changedFiles: lines.flatMap((line) => /^[+~-] (\S+)$/.exec(line)?.[1] ?? []), time: deps.now().toISOString(),
    };
    deps.log(`${ok ? "in force" : "refused"}: bundle ${pointer.bundle.slice(0, 12)}`);
    await this.send().catch((error: unknown) => this.say(`the report could not be written (${messageOf(error)}); trying again`));
  }

  private async send(): Promise<void> {
    if (this.unsent === null) return;
    await this.deps.store.report(this.unsent);
    this.unsent = null;
  }

  /** About the poll interval, spread so that hosts do not ask at the same moment; after failures longer and longer. */
  private pause(): number {
    const ms = Math.min(POLL_SECONDS * 1000 * 2 ** Math.min(this.failures, 6), LONGEST_WAIT_MS);
    return Math.round(ms * (0.8 + 0.4 * this.deps.random()));
  }

  /** Says a thing once, until something else is to be said. */
  private say(line: string): void {
    if (line === this.said) return;
    this.said = line;
    this.deps.log(line);
  }
}
