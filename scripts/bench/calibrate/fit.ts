/**
 * Non-negative least squares by cyclic coordinate descent (convex, so it ends at the best answer): coefficients that explain
 * `values` as sums of `rows[i][j] × coefficient[j]`. Errors count relative to the value, since a small stream matters as much as a
 * large one. @throws RangeError without rows, or with a value that is not positive
 */
export function fit(rows: readonly (readonly number[])[], values: readonly number[], rounds = 20_000): number[] {
  const columns = rows[0]?.length ?? 0;
  if (columns === 0 || rows.length !== values.length || values.some((value) => !(value > 0))) throw new RangeError("a fit needs rows and as many positive values");
  const scaled = rows.map((row, i) => row.map((x) => x / (values[i] as number)));
  const squares = Array.from({ length: columns }, (_, j) => scaled.reduce((sum, row) => sum + (row[j] as number) ** 2, 0));
  const coefficients = new Array<number>(columns).fill(0);
  const rest = scaled.map(() => 1);   // what is left to explain of each value, as a share of it
  for (let round = 0; round < rounds; round++) {
    let moved = 0;
    for (let j = 0; j < columns; j++) {
      if (squares[j] === 0) continue;
      const gain = scaled.reduce((sum, row, i) => sum + (row[j] as number) * (rest[i] as number), 0) / (squares[j] as number);
      const next = Math.max(0, (coefficients[j] as number) + gain);
      const change = next - (coefficients[j] as number);
      if (change === 0) continue;
      scaled.forEach((row, i) => { rest[i] = (rest[i] as number) - change * (row[j] as number); });
      coefficients[j] = next;
      moved = Math.max(moved, Math.abs(change) * Math.sqrt(squares[j] as number));
    }
    if (moved < 1e-9) break;
  }
  return coefficients;
}

/** Largest relative difference between what coefficients say and the values, e.g. 0.07. */
export function worstError(rows: readonly (readonly number[])[], values: readonly number[], coefficients: readonly number[]): number {
  return Math.max(...rows.map((row, i) => Math.abs(row.reduce((sum, x, j) => sum + x * (coefficients[j] as number), 0) / (values[i] as number) - 1)));
}
