/** A tar archive of a few files, for uploads into a container. */
export interface TarFile {
  /** Absolute path inside the container. */
  readonly file: string;
  readonly content: Buffer;
  /** Permission bits, e.g. 0o644. */
  readonly mode: number;
}

const BLOCK = 512;

/** Writes the files in the ustar format with pax headers for long names; times are zero, so equal input gives equal bytes. */
export function tarOf(files: readonly TarFile[]): Buffer {
  const parts: Buffer[] = [];
  for (const { file, content, mode } of files) {
    const name = file.replace(/^\/+/, "");
    if (Buffer.byteLength(name) > 100) {
      const pax = paxRecord("path", name);
      parts.push(header("PaxHeader", pax.length, 0o644, "x"), padded(pax));
    }
    parts.push(header(Buffer.from(name).subarray(0, 100).toString("latin1"), content.length, mode, "0"), padded(content));
  }
  return Buffer.concat([...parts, Buffer.alloc(2 * BLOCK)]);
}

function paxRecord(key: string, value: string): Buffer {
  const rest = ` ${key}=${value}\n`;
  let length = Buffer.byteLength(rest);
  // The record's length counts its own digits.
  while (Buffer.byteLength(`${length}${rest}`) !== length) length = Buffer.byteLength(`${length}${rest}`);
  return Buffer.from(`${length}${rest}`);
}

function padded(content: Buffer): Buffer {
  const rest = content.length % BLOCK;
  return rest === 0 ? content : Buffer.concat([content, Buffer.alloc(BLOCK - rest)]);
}

function header(name: string, size: number, mode: number, type: string): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  block.write(name, 0, 100, "latin1");
  block.write(octal(mode, 8), 100, "latin1");
  block.write(octal(0, 8), 108, "latin1");
  block.write(octal(0, 8), 116, "latin1");
  block.write(octal(size, 12), 124, "latin1");
  block.write(octal(0, 12), 136, "latin1");
  block.write("        ", 148, "latin1");
  block.write(type, 156, "latin1");
  block.write("ustar\u000000", 257, "latin1");
  const sum = block.reduce((total, byte) => total + byte, 0);
  block.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return block;
}
