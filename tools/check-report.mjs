// Opens reports in headless Chromium and fails where one logs an error, asks for anything but itself, or shows no figure.
// `node tools/check-report.mjs [--screenshot DIR] [--dark] FILE...`; CHROMIUM names another browser.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, parse, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';

const WIDTH_PX = 1200;
const MAX_HEIGHT_PX = 16_000; // Chromium's largest picture
const TIMEOUT_MS = 60_000;

const { values: options, positionals: files } = parseArgs({
  options: { screenshot: { type: 'string' }, dark: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (files.length === 0)
  throw new Error('usage: node tools/check-report.mjs [--screenshot DIR] [--dark] FILE...');
if (options.screenshot) mkdirSync(options.screenshot, { recursive: true });

const profile = mkdtempSync(join(tmpdir(), 'facet-check-report-'));
const browser = startBrowser();
try {
  let failed = 0;
  for (const file of files) failed += (await checkFile(file)) ? 0 : 1;
  process.exitCode = failed > 0 ? 1 : 0;
} finally {
  await browser.stop();
  rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
}

/** Checks one report and prints a line about it; tells whether it is sound. */
async function checkFile(file) {
  const page = await openPage(pathToFileURL(resolve(file)).href);
  const { figures = 0, height = 0 } = await page.evaluate(`({
    figures: [...document.querySelectorAll('svg')].map((svg) => svg.getBoundingClientRect())
      .filter(({ width, height }) => width > 0 && height > 0).length,
    height: Math.ceil(document.documentElement.getBoundingClientRect().height),
  })`);
  if (figures === 0) page.problems.push('no <svg> is visible');
  if (options.screenshot) await page.screenshot(pictureOf(file), height);
  await page.close();
  const sound = page.problems.length === 0;
  console.log(`${sound ? 'ok  ' : 'FAIL'} ${file}: ${figures} figures, ${height} px high`);
  for (const problem of page.problems) console.log(`     ${problem}`);
  return sound;
}

function pictureOf(file) {
  return join(options.screenshot, `${parse(file).name}${options.dark ? '-dark' : ''}.png`);
}

/** Opens `url` in a tab of its own and collects what goes wrong until it is closed. */
async function openPage(url) {
  const { targetId } = await browser.send('Target.createTarget', { url: 'about:blank' });
  const { sessionId } = await browser.send('Target.attachToTarget', { targetId, flatten: true });
  const send = (method, params) => browser.send(method, params, sessionId);
  const problems = [];
  const loaded = new Promise((done) => {
    browser.listen(sessionId, (method, params) => {
      if (method === 'Page.loadEventFired') done();
      const problem = problemIn(method, params, url);
      if (problem) problems.push(problem);
    });
  });
  for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await send(`${domain}.enable`);
  const scheme = { name: 'prefers-color-scheme', value: options.dark ? 'dark' : 'light' };
  await send('Emulation.setEmulatedMedia', { features: [scheme] });
  await resize(send, WIDTH_PX);
  const { errorText } = await send('Page.navigate', { url });
  await (errorText ? problems.push(`cannot be opened: ${errorText}`) : loaded);
  return { problems, ...pageActions(send, targetId) };
}

function pageActions(send, targetId) {
  return {
    evaluate: async (expression) =>
      (await send('Runtime.evaluate', { expression, returnByValue: true })).result.value ?? {},
    async screenshot(path, height) {
      await resize(send, Math.min(height, MAX_HEIGHT_PX));
      const { data } = await send('Page.captureScreenshot', { format: 'png' });
      writeFileSync(path, Buffer.from(data, 'base64'));
    },
    close: () => browser.send('Target.closeTarget', { targetId }),
  };
}

function resize(send, height) {
  const size = { width: WIDTH_PX, height, deviceScaleFactor: 1, mobile: false };
  return send('Emulation.setDeviceMetricsOverride', size);
}

/** Says what is wrong with a browser event, if anything: script errors, refused content, requests for other addresses. */
function problemIn(method, params, url) {
  if (method === 'Runtime.exceptionThrown')
    return `exception: ${params.exceptionDetails.exception?.description ?? params.exceptionDetails.text}`;
  if (method === 'Runtime.consoleAPICalled' && params.type === 'error')
    return `console.error: ${params.args.map(({ value, description }) => value ?? description).join(' ')}`;
  if (method === 'Log.entryAdded' && params.entry.level === 'error') return `error: ${params.entry.text}`;
  if (method !== 'Network.requestWillBeSent') return undefined;
  const asked = params.request.url;
  return asked === url || asked.startsWith('data:') ? undefined : `request for ${asked}`;
}

/** Starts Chromium and speaks the DevTools protocol over its pipe: JSON messages that end in NUL, no port. */
function startBrowser() {
  const quiet = ['--headless', '--no-sandbox', '--disable-gpu', '--hide-scrollbars', '--no-first-run'];
  const flags = [...quiet, '--remote-debugging-pipe', `--user-data-dir=${profile}`];
  const stdio = ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'];
  const child = spawn(process.env.CHROMIUM ?? 'chromium', flags, { stdio });
  const waiting = new Map();
  const listeners = new Map();
  let ids = 0;
  const fail = (error) => waiting.forEach(({ reject }) => void reject(error));
  for (const source of [child, child.stdio[3]]) source.on('error', fail);
  child.on('exit', (code) => fail(new Error(`Chromium ended with ${code}`)));
  readMessages(child.stdio[4], ({ id, sessionId, method, params, result, error }) => {
    if (method) return listeners.get(sessionId)?.(method, params);
    const { done, reject } = waiting.get(id) ?? {};
    waiting.delete(id);
    return error ? reject?.(new Error(error.message)) : done?.(result);
  });
  const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT_MS * files.length);
  return {
    send: (method, params = {}, sessionId = undefined) =>
      new Promise((done, reject) => {
        waiting.set(++ids, { done, reject });
        child.stdio[3].write(`${JSON.stringify({ id: ids, sessionId, method, params })}\0`);
      }),
    listen: (sessionId, listener) => listeners.set(sessionId, listener),
    async stop() {
      clearTimeout(timer);
      if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
      child.kill('SIGTERM');
      await once(child, 'exit');
    },
  };
}

function readMessages(stream, handle) {
  let rest = '';
  stream.setEncoding('utf8').on('data', (chunk) => {
    const parts = (rest + chunk).split('\0');
    rest = parts.pop();
    for (const part of parts) handle(JSON.parse(part));
  });
}
