import { readFileSync } from "node:fs";
import { HostFailure } from "./failure.ts";

export interface UserIds { readonly uid: number; readonly gid: number }

/** Finds a user's ids: a name from passwd text, or "uid" or "uid:gid". @throws HostFailure when there is no such user */
export function userIds(user: string, passwd: string): UserIds {
  const numeric = /^(\d+)(?::(\d+))?$/.exec(user);
  if (numeric) return { uid: Number(numeric[1]), gid: Number(numeric[2] ?? numeric[1]) };
  const fields = passwd.split("\n").map((line) => line.split(":")).find((f) => f[0] === user);
  if (!fields) throw new HostFailure(`There is no user "${user}" on this host. Add it to the image, or give the service another user.`);
  return { uid: Number(fields[2]), gid: Number(fields[3]) };
}

/** Finds a group's id on this host. @throws HostFailure when there is no such group */
export function systemGroupId(group: string): number {
  const fields = readFileSync("/etc/group", "utf8").split("\n").map((line) => line.split(":")).find((f) => f[0] === group);
  if (!fields) throw new HostFailure(`There is no group "${group}" on this host.`);
  return Number(fields[2]);
}

/** Finds a user's ids on this host. */
export function systemUserIds(user: string): UserIds {
  return userIds(user, readFileSync("/etc/passwd", "utf8"));
}
