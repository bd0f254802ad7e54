import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';

/** What the PyTorch of this run ran on: its version, allocator, BLAS and kernels. */
let peer;

/** Prints one readable table; with `--json` among the arguments, one last line of JSON. */
export function report(title, rows, figures) {
  table(`${title}\n${machine()}\n${peerLine()}`, rows);
  if (process.argv.includes('--json')) console.log(JSON.stringify({ ...figures, machine: machine(), peer }));
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

/**
 * Runs a PyTorch peer, one of this folder or of those beside the repository, and gives back what it printed. Throws where it does
 * not run fairly: without tcmalloc its steps take 4 to 14 times as long in virtual machines, and a ratio says nothing.
 */
export function torch(script, ...args) {
  const pathOf = (relative) => fileURLToPath(new URL(relative, import.meta.url));
  const [own, shared] = [pathOf(`./peers/${script}`), pathOf(`../../../shared/peers/${script}`)];
  const command = [
    pathOf('./peers/checked_peer.py'),
    pathOf('../../../shared/peers'),
    existsSync(own) ? own : shared,
  ];
  const output = execFileSync('/usr/bin/python3', [...command, ...args.map(String)], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [, described, printed] = /^peer (.*)\n([\s\S]*)$/.exec(output);
  peer = JSON.parse(described);
  return printed;
}

function peerLine() {
  if (!peer) return 'no peer was measured';
  return `PyTorch ${peer.torch}, allocator ${peer.allocator}, kernels ${peer.kernels} of ${peer.blas}`;
}
