// Runs the code generators of one project: `node tools/generate.mjs <project>`.
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

const run = (command, ...args) => execFileSync(`node_modules/.bin/${command}`, args, { stdio: 'inherit' });

const generators = {
  '@facet/contracts': () => run('buf', 'generate'),
  '@facet/kernels': () => {
    const out = 'libs/kernels/src/gen/kernels.wasm';
    mkdirSync(dirname(out), { recursive: true });
    run(
      'asc',
      'libs/kernels/assembly/index.ts',
      '--outFile',
      out,
      '-O3',
      '--enable',
      'simd',
      '--runtime',
      'stub',
      '--importMemory',
      '--noAssert',
    );
    const base64 = readFileSync(out).toString('base64');
    writeFileSync(out.replace(/\.wasm$/, '-wasm.ts'), `export const kernelsWasmBase64 =\n  '${base64}';\n`);
  },
};

const project = process.argv[2];
if (!generators[project])
  throw new Error(`no generator for ${project}; known: ${Object.keys(generators).join(', ')}`);
generators[project]();
