/** Writing and reading DER, the byte format of keys and certificates; as much of it as X.509 needs. */

export const TAG = {
  boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, nothing: 0x05, oid: 0x06, utf8: 0x0c, printable: 0x13, ia5: 0x16,
  utcTime: 0x17, generalTime: 0x18, sequence: 0x30, set: 0x31,
} as const;

/** One element: its tag, its length and its content. */
export function element(tag: number, ...content: readonly Buffer[]): Buffer {
  const body = Buffer.concat(content);
  if (body.length < 128) return Buffer.concat([Buffer.from([tag, body.length]), body]);
  const digits: number[] = [];
  for (let n = body.length; n > 0; n = Math.floor(n / 256)) digits.unshift(n % 256);
  return Buffer.concat([Buffer.from([tag, 0x80 | digits.length, ...digits]), body]);
}

export const sequence = (...content: readonly Buffer[]): Buffer => element(TAG.sequence, ...content);

export const boolean = (value: boolean): Buffer => element(TAG.boolean, Buffer.from([value ? 0xff : 0]));

/** A non-negative integer from its bytes, most significant first. */
export function integer(bytes: Buffer): Buffer {
  let at = 0;
  while (at < bytes.length - 1 && bytes[at] === 0) at++;
  const trimmed = bytes.subarray(at);
  return element(TAG.integer, (trimmed[0] ?? 0) & 0x80 ? Buffer.concat([Buffer.from([0]), trimmed]) : trimmed);
}

/** A bit string; `unused` low bits of the last byte do not count. */
export const bits = (content: Buffer, unused = 0): Buffer => element(TAG.bits, Buffer.from([unused]), content);

export const octets = (content: Buffer): Buffer => element(TAG.octets, content);

/** An object identifier from its dotted form. */
export function oid(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  const bytes = [first * 40 + second, ...rest].flatMap((arc) => {
    const digits = [arc & 0x7f];
    for (let n = Math.floor(arc / 128); n > 0; n = Math.floor(n / 128)) digits.unshift((n & 0x7f) | 0x80);
    return digits;
  });
  return element(TAG.oid, Buffer.from(bytes));
}

/** A text as Go writes it in names: PrintableString where its letters allow, else UTF8String. */
export function text(value: string): Buffer {
  return element(/^[A-Za-z0-9 '()+,\-./:=?*]*$/.test(value) ? TAG.printable : TAG.utf8, Buffer.from(value, "utf8"));
}

/** A time to the second: UTCTime before 2050, GeneralizedTime from then on (RFC 5280, 4.1.2.5). */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]/g, "").slice(0, 14);
  return at.getUTCFullYear() < 2050 ? element(TAG.utcTime, Buffer.from(`${digits.slice(2)}Z`)) : element(TAG.generalTime, Buffer.from(`${digits}Z`));
}

/** One element of a DER text. */
export interface Node {
  readonly tag: number;
  readonly content: Buffer;
  /** Tag, length and content together. */
  readonly whole: Buffer;
}

/** The elements that follow each other in `bytes`. Throws a RangeError when they do not add up. */
export function parse(bytes: Buffer): Node[] {
  const nodes: Node[] = [];
  for (let at = 0; at < bytes.length;) {
    const tag = bytes[at] ?? 0;
    let length = bytes[at + 1] ?? -1;
    let start = at + 2;
    if (length & 0x80) {
      const count = length & 0x7f;
      if (count === 0 || count > 4) throw new RangeError("unsupported DER length");
      length = bytes.readUIntBE(start, count);
      start += count;
    }
    if (length < 0 || start + length > bytes.length) throw new RangeError("truncated DER");
    nodes.push({ tag, content: bytes.subarray(start, start + length), whole: bytes.subarray(at, start + length) });
    at = start + length;
  }
  return nodes;
}

/** The content of the one sequence `bytes` consists of. */
export function parseSequence(bytes: Buffer): Node[] {
  const [node] = parse(bytes);
  if (node?.tag !== TAG.sequence) throw new RangeError("not a DER sequence");
  return parse(node.content);
}

/** PEM text of DER bytes, 64 letters a line, as Go writes it. */
export function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.map((line) => `${line}\n`).join("")}-----END ${label}-----\n`;
}

/** Label and bytes of the first PEM block, or undefined when there is none. */
export function unpem(text: string): { label: string; der: Buffer } | undefined {
  const match = /-----BEGIN ([A-Z0-9 ]+)-----\s*([A-Za-z0-9+/=\s]+?)-----END \1-----/.exec(text);
  return match === null ? undefined : { label: match[1] ?? "", der: Buffer.from((match[2] ?? "").replace(/\s+/g, ""), "base64") };
}
