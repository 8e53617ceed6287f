/** Pictures that a topology names beside itself. */
import { createHash } from "node:crypto";
import { readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { imageSize } from "image-size";
import { UnitError } from "./units.ts";

/** A picture goes to every transcoder inside its configuration, so it has to be small; a 1080p slate as JPEG is 100 to 400 KB. */
export const MAX_PICTURE_BYTES = 1_000_000;

/** What of a picture is printed and compared: not its bytes. */
export interface PictureFacts { readonly path: string; readonly format: "png" | "jpg"; readonly width: number; readonly height: number; readonly sha256: string; readonly bytes: number }

/** A .png or .jpg file as it was read. As JSON it is only its {@link PictureFacts}. */
export class Picture {
  constructor(readonly facts: PictureFacts, readonly base64: string) {}
  toJSON(): PictureFacts { return this.facts; }
}

/** Gives the picture of a path as it stands in the topology, or null where pictures are not read. @throws UnitError that says what is wrong with it */
export type PictureReader = (path: string) => Picture | null;

export const noPictures: PictureReader = () => null;

const WANTED = "a .png or .jpg file of up to 1 MB, relative to this file";

/** Reads pictures beside a topology file, each once. */
export function picturesBeside(topologyFile: string): PictureReader {
  const known = new Map<string, Picture>();
  return (path) => {
    const picture = known.get(path) ?? read(path, resolve(dirname(topologyFile), path));
    known.set(path, picture);
    return picture;
  };
}

/** As `picturesBeside`; a picture that is gone or spoilt is as if it had not been read. */
export function picturesStillBeside(topologyFile: string): PictureReader {
  const reader = picturesBeside(topologyFile);
  return (path) => { try { return reader(path); } catch { return null; } };
}

function read(path: string, file: string): Picture {
  const bytes = bytesOf(file);
  let size: { width: number; height: number; type?: string };
  try { size = imageSize(bytes); } catch { throw new UnitError("is not a picture that can be read", WANTED); }
  if (size.type !== "png" && size.type !== "jpg") throw new UnitError(`is a picture of another kind (${size.type ?? "unknown"})`, WANTED);
  const { width, height } = size;
  if (width < 16 || height < 16 || width > 8192 || height > 8192) throw new UnitError(`is a picture of ${width}x${height}`, "16 to 8192 pixels each way");
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  return new Picture({ path, format: size.type, width, height, sha256, bytes: bytes.length }, bytes.toString("base64"));
}

function bytesOf(file: string): Buffer {
  try {
    // Not only for the message: opening a pipe would wait for ever.
    const stat = statSync(file);
    if (!stat.isFile()) throw new UnitError("is not a file", WANTED);
    if (stat.size > MAX_PICTURE_BYTES) throw new UnitError(`is too large (${(stat.size / 1e6).toFixed(1)} MB)`, WANTED);
    return readFileSync(file);
  } catch (error) {
    if (error instanceof UnitError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new UnitError(code === "ENOENT" || code === "ENOTDIR" ? "there is no such file" : `cannot be read (${code ?? "unknown reason"})`, WANTED);
  }
}
