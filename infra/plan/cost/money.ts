/**
 * Money in whole millionths of a US dollar: EC2 prices have up to five decimals, and sums of dollars in floating point come out
 * a cent short ((791 * 0.085).toFixed(2) is 67.23).
 */
export type Micro = number;

/** A price from the data, in dollars. */
export function micro(dollars: number): Micro {
  return Math.round(dollars * 1e6);
}

/** `price × quantity`, rounded half up to a whole millionth. */
export function times(price: Micro, quantity: number): Micro {
  // 15 digits are what a double holds for certain; this takes off noise such as 0.49999999999999994 below a half.
  return Math.floor(Number((price * quantity).toPrecision(15)) + 0.5);
}

export function sum(amounts: readonly Micro[]): Micro {
  return amounts.reduce((total, amount) => total + amount, 0);
}

/** Whole cents, rounded half up. */
export function cents(amount: Micro): number {
  return Math.floor((amount + 5000) / 10_000);
}

/** "$1,492.56"; half cents go up. */
export function usd(amount: Micro): string {
  const whole = cents(amount);
  return `$${Math.trunc(whole / 100).toLocaleString("en-US")}.${String(whole % 100).padStart(2, "0")}`;
}

/** "$0.1530": for amounts of which a cent is too coarse a unit. */
export function usdFine(amount: Micro): string {
  return `$${(Math.floor((amount + 50) / 100) / 10_000).toFixed(4)}`;
}
