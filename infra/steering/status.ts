/** Answer of `GET /status` of the steering program. */
export interface SteeringStatus {
  readonly self: string;
  /** Why this distributor tells its viewers to go elsewhere; null when it is well. */
  readonly problem: string | null;
  /** Weights set by hand. */
  readonly override: Readonly<Record<string, number>>;
  readonly ways: readonly WayStatus[];
}

export interface WayStatus {
  readonly id: string; readonly kind: string; readonly base: string;
  readonly priority: number; readonly weight: number; readonly declaredWeight: number;
  readonly alive: boolean; readonly reason: string | null;
}
