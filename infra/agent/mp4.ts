/** Reads what a playlist must say about an init segment: codec strings (RFC 6381), picture size, sample rate, channels. */

export interface InitInfo {
  /** e.g. "avc1.64001f" or "mp4a.40.2". */
  readonly codec: string;
  readonly width: number | null;
  readonly height: number | null;
  readonly sampleRate: number | null;
  readonly channels: number | null;
}

const VISUAL_ENTRY_BYTES = 78;
const AUDIO_ENTRY_BYTES = 28;

/** First track of an init segment; null when it holds no H.264 or MPEG-4 audio track. Never throws on truncated data. */
export function readInit(bytes: Buffer): InitInfo | null {
  const moov = child(bytes, "moov");
  const stsd = moov && descend(moov, ["trak", "mdia", "minf", "stbl", "stsd"]);
  if (!stsd || stsd.length < 16) return null;
  const entries = stsd.subarray(8);
  const type = entries.toString("latin1", 4, 8);
  const entry = entries.subarray(8, entries.readUInt32BE(0));
  if (type === "avc1" && entry.length > VISUAL_ENTRY_BYTES) {
    const avcC = child(entry.subarray(VISUAL_ENTRY_BYTES), "avcC");
    if (!avcC || avcC.length < 4) return null;
    return { codec: `avc1.${avcC.toString("hex", 1, 4)}`, width: entry.readUInt16BE(24), height: entry.readUInt16BE(26), sampleRate: null, channels: null };
  }
  if (type === "mp4a" && entry.length > AUDIO_ENTRY_BYTES) {
    const esds = child(entry.subarray(AUDIO_ENTRY_BYTES), "esds");
    const object = esds && audioObject(esds.subarray(4));
    if (!object) return null;
    return { codec: object, width: null, height: null, sampleRate: entry.readUInt16BE(24), channels: entry.readUInt16BE(16) };
  }
  return null;
}

function descend(box: Buffer, names: readonly string[]): Buffer | null {
  let here: Buffer | null = box;
  for (const name of names) here = here && child(here, name);
  return here;
}

function child(data: Buffer, name: string): Buffer | null {
  for (let at = 0; at + 8 <= data.length;) {
    const size = data.readUInt32BE(at);
    if (size < 8) return null;
    if (data.toString("latin1", at + 4, at + 8) === name) return data.subarray(at + 8, at + size);
    at += size;
  }
  return null;
}

/** Walks the descriptors of an `esds` box (ISO 14496-1): ES (3) → decoder config (4) → decoder specific info (5). */
function audioObject(data: Buffer): string | null {
  let at = 0;
  const header = (): number => {
    const tag = data[at++];
    while (((data[at++] ?? 0) & 0x80) !== 0 && at < data.length);
    return tag ?? -1;
  };
  if (header() !== 3) return null;
  const flags = data[at + 2] ?? 0;
  at += 3;
  if ((flags & 0x80) !== 0) at += 2;
  if ((flags & 0x40) !== 0) at += 1 + (data[at] ?? 0);
  if ((flags & 0x20) !== 0) at += 2;
  if (header() !== 4) return null;
  const indication = data[at];
  at += 13;
  if (indication === undefined) return null;
  const oti = indication.toString(16);
  if (indication !== 0x40 || header() !== 5) return `mp4a.${oti}`;
  const first = data[at];
  if (first === undefined) return null;
  const type = first >> 3;
  return `mp4a.${oti}.${type === 31 ? 32 + (((first & 7) << 3) | ((data[at + 1] ?? 0) >> 5)) : type}`;
}
