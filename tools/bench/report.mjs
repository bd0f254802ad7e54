import { execFileSync } from 'node:child_process';
import { cpus, totalmem } from 'node:os';

/** Prints one readable table; with `--json` among the arguments, one last line of JSON. */
export function report(title, rows, figures) {
  table(`${title}\n${machine()}`, rows);
  if (process.argv.includes('--json')) console.log(JSON.stringify(figures));
}

/** Prints one readable table. */
export function table(title, rows) {
  console.log(`\n${title}\n`);
  const columns = Object.keys(rows[0]);
  const widths = columns.map((column) =>
    Math.max(column.length, ...rows.map((row) => String(row[column]).length)),
  );
  const line = (cells) =>
    cells
      .map((cell, i) => String(cell).padEnd(widths[i]))
      .join('  ')
      .trimEnd();
  console.log(line(columns));
  console.log(line(widths.map((width) => '-'.repeat(width))));
  for (const row of rows) console.log(line(columns.map((column) => row[column])));
}

/** One line about the machine, for docs/benchmarks.md. */
export function machine() {
  const memory = Math.round(totalmem() / 2 ** 30);
  return `${new Date().toISOString().slice(0, 10)}, ${cpus().length} cores (${cpus()[0].model.trim()}), ${memory} GiB, Node ${process.version}`;
}

/** The middle value. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}

/** Runs one of the PyTorch references beside the repository and gives back what it printed. */
export function torch(script, ...args) {
  return execFileSync(
    '/usr/bin/python3',
    [new URL(`../../../shared/peers/${script}`, import.meta.url).pathname, ...args.map(String)],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
}
