/** How much of what was sent is in the recordings: reads MediaMTX's fragmented MP4 files. */
import { closeSync, existsSync, openSync, readdirSync, readSync, statSync } from "node:fs";
import { join } from "node:path";

/** A stretch of time, ms since the epoch. */
export interface Span { readonly from: number; readonly to: number }

interface Box { readonly type: string; readonly start: number; readonly end: number; readonly header: number }

class Reader {
  constructor(private readonly file: number) {}
  bytes(at: number, length: number): Buffer {
    const out = Buffer.alloc(length);
    return out.subarray(0, readSync(this.file, out, 0, length, at));
  }
  * boxes(from: number, to: number): Generator<Box> {
    for (let at = from; at + 8 <= to;) {
      const head = this.bytes(at, 16);
      if (head.length < 8) return;
      const large = head.readUInt32BE(0) === 1;
      const size = large && head.length === 16 ? Number(head.readBigUInt64BE(8)) : head.readUInt32BE(0);
      // A box that is still being written ends the file for now.
      if (size < 8 || at + size > to) return;
      yield { type: head.toString("latin1", 4, 8), start: at, end: at + size, header: large ? 16 : 8 };
      at += size;
    }
  }
  find(parent: Box, path: readonly string[]): Box | null {
    const [type, ...rest] = path;
    for (const box of this.boxes(parent.start + parent.header, parent.end)) if (box.type === type) return rest.length === 0 ? box : this.find(box, rest);
    return null;
  }
  all(parent: Box, type: string): Box[] { return [...this.boxes(parent.start + parent.header, parent.end)].filter((b) => b.type === type); }
}

/** Seconds of media in the whole parts of a fragmented MP4 file: the longest of its tracks. 0 when there is none. */
export function durationOf(path: string, size: number): number {
  const file = openSync(path, "r");
  try {
    const reader = new Reader(file), scales = new Map<number, number>(), ends = new Map<number, number>();
    for (const box of reader.boxes(0, size)) {
      if (box.type === "moov") {
        for (const trak of reader.all(box, "trak")) {
          const tkhd = reader.find(trak, ["tkhd"]), mdhd = reader.find(trak, ["mdia", "mdhd"]);
          if (!tkhd || !mdhd) continue;
          const id = field(reader, tkhd, 12, 20), scale = field(reader, mdhd, 12, 20);
          scales.set(id, scale);
        }
      }
      if (box.type !== "moof") continue;
      for (const traf of reader.all(box, "traf")) {
        const [id, end] = endOfFragment(reader, traf);
        if (scales.has(id)) ends.set(id, Math.max(ends.get(id) ?? 0, end / (scales.get(id) ?? 1)));
      }
    }
    return Math.max(0, ...ends.values());
  } finally { closeSync(file); }
}

/** A 32-bit field whose place depends on the box's version. */
function field(reader: Reader, box: Box, version0: number, version1: number): number {
  const body = reader.bytes(box.start + box.header, 32);
  return body.readUInt32BE(body[0] === 1 ? version1 : version0);
}

/** Track and the time, in its units, at which a fragment ends (ISO 14496-12: tfhd, tfdt, trun). */
function endOfFragment(reader: Reader, traf: Box): readonly [number, number] {
  const read = (type: string): Buffer | null => { const b = reader.find(traf, [type]); return b && reader.bytes(b.start + b.header, b.end - b.start - b.header); };
  const tfhd = read("tfhd"), tfdt = read("tfdt");
  if (!tfhd || !tfdt) return [0, 0];
  const flags = tfhd.readUInt32BE(0) & 0xffffff;
  const at = 8 + (flags & 0x1 ? 8 : 0) + (flags & 0x2 ? 4 : 0);
  const fallback = flags & 0x8 ? tfhd.readUInt32BE(at) : 0;
  let end = tfdt[0] === 1 ? Number(tfdt.readBigUInt64BE(4)) : tfdt.readUInt32BE(4);
  for (const box of reader.all(traf, "trun")) {
    const trun = reader.bytes(box.start + box.header, box.end - box.start - box.header);
    const f = trun.readUInt32BE(0) & 0xffffff, count = trun.readUInt32BE(4);
    const size = [0x100, 0x200, 0x400, 0x800].reduce((n, bit) => n + (f & bit ? 4 : 0), 0);
    let p = 8 + (f & 0x1 ? 4 : 0) + (f & 0x4 ? 4 : 0);
    for (let i = 0; i < count; i++, p += size) end += f & 0x100 ? trun.readUInt32BE(p) : fallback;
  }
  return [tfhd.readUInt32BE(4), end];
}

/** When a recording was made, from its name (`%Y-%m-%d_%H-%M-%S-%f`, UTC in the hosts), ms since the epoch; null for another file. */
export function madeAt(name: string): number | null {
  const m = /^(\d{4}-\d\d-\d\d)_(\d\d)-(\d\d)-(\d\d)-(\d{6})\.mp4$/.exec(name);
  return m ? Date.parse(`${m[1]}T${m[2]}:${m[3]}:${m[4]}Z`) + Number(m[5]) / 1000 : null;
}

/**
 * What is recorded of a path (`stream/publisher`) on all multiplexers, in the time of its arrival. A part is written when the sample after
 * it arrives, so a file holds what came until it was last written. It begins when it was made, or earlier: the first samples may be as old
 * as the multiplexer took to know the tracks. (A publisher that is slower than the clock makes less media than time passes: no loss.)
 */
export function recorded(folder: string, multiplexers: readonly string[], path: string): Span[] {
  return multiplexers.flatMap((mux) => {
    const dir = join(folder, mux, path);
    return existsSync(dir) ? readdirSync(dir).flatMap((name): Span[] => {
      const made = madeAt(name), file = join(dir, name);
      if (made === null) return [];
      const { size, mtimeMs } = statSync(file), seconds = durationOf(file, size);
      return seconds === 0 ? [] : [{ from: Math.min(made, mtimeMs - seconds * 1000), to: mtimeMs }];
    }) : [];
  });
}

/** Seconds of the wanted spans that no other span covers. Pure. */
export function uncovered(wanted: readonly Span[], covered: readonly Span[]): number {
  const sorted = [...covered].sort((a, b) => a.from - b.from);
  let lost = 0;
  for (const { from, to } of wanted) {
    let at = from;
    for (const span of sorted) {
      if (span.to <= at || span.from >= to) continue;
      if (span.from > at) lost += span.from - at;
      at = Math.max(at, span.to);
    }
    if (at < to) lost += to - at;
  }
  return lost / 1000;
}
