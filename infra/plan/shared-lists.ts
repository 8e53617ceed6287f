/**
 * Lists of host names, told apart by a number: hosts with equal neighbours get the very same array, so that whatever is made from
 * it (peers, firewall text) is made once. At a thousand hosts the pairs are half a million.
 */
export class SharedLists {
  private readonly numbers = new Map<readonly string[], number>();
  private readonly byContent = new Map<string, number>();
  private readonly lists: (readonly string[])[] = [];
  private readonly made = new Map<string, readonly string[]>();

  /** Number of a list; equal lists have the same one. */
  number(list: readonly string[]): number {
    const known = this.numbers.get(list);
    if (known !== undefined) return known;
    const content = list.join();
    const number = this.byContent.get(content) ?? this.lists.push(list) - 1;
    this.byContent.set(content, number);
    this.numbers.set(list, number);
    return number;
  }

  /** The one array for lists of this content. */
  shared(list: readonly string[]): readonly string[] {
    return this.lists[this.number(list)] ?? list;
  }

  /** The list with a number. */
  list(number: number): readonly string[] {
    return this.lists[number] ?? [];
  }

  /** The names of some lists one after the other, each name once; made once for the same lists. */
  concatenated(lists: readonly (readonly string[])[]): readonly string[] {
    return this.remember(`all ${lists.map((list) => this.number(list)).join()}`, () => [...new Set(lists.flat())]);
  }

  /** What `make` gives for a key, the first time it is asked for; shared with equal lists. */
  remember(key: string, make: () => readonly string[]): readonly string[] {
    const known = this.made.get(key);
    if (known) return known;
    const list = this.shared(make());
    this.made.set(key, list);
    return list;
  }
}
