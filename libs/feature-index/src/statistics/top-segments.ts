/** A feature's strongest activation in one segment. */
export interface Peak {
  feature: number;
  value: number;
  row: number;
}

/** The `capacity` strongest peaks of every feature: by value, descending, then by row, ascending. */
export interface TopSegments<T> {
  offer(feature: number, value: number, row: number): void;
  /** Makes the contents of all peaks that were accepted since the last call and are still among the strongest. */
  fill(make: (peak: Peak) => T): void;
  of(feature: number): T[];
}

/** Creates the table; contents are made only for peaks that stay, so a shard's arrays need not be kept. */
export function createTopSegments<T>(features: number, capacity: number): TopSegments<T> {
  const values = new Float32Array(features * capacity);
  const rows = new Float64Array(features * capacity);
  const sizes = new Uint16Array(features);
  const contents: (T | undefined)[][] = Array.from({ length: features }, () => []);
  const changed = new Set<number>();

  function isStronger(value: number, row: number, slot: number): boolean {
    return value > values[slot] || (value === values[slot] && row < rows[slot]);
  }

  function place(feature: number): number {
    if (sizes[feature] < capacity) {
      sizes[feature] += 1;
      return sizes[feature] - 1;
    }
    return capacity - 1;
  }

  return {
    offer(feature, value, row) {
      const base = feature * capacity;
      if (sizes[feature] === capacity && !isStronger(value, row, base + capacity - 1)) return;
      const list = contents[feature];
      let at = place(feature);
      for (; at > 0 && isStronger(value, row, base + at - 1); at -= 1) {
        values[base + at] = values[base + at - 1];
        rows[base + at] = rows[base + at - 1];
        list[at] = list[at - 1];
      }
      values[base + at] = value;
      rows[base + at] = row;
      list[at] = undefined;
      changed.add(feature);
    },
    fill(make) {
      for (const feature of changed) {
        const list = contents[feature];
        for (let at = 0; at < sizes[feature]; at += 1) {
          const slot = feature * capacity + at;
          list[at] ??= make({ feature, value: values[slot], row: rows[slot] });
        }
      }
      changed.clear();
    },
    of: (feature) => contents[feature].filter((content): content is T => content !== undefined),
  };
}
