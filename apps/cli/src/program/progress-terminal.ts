import {
  describeProgress,
  formatSeconds,
  type Palette,
  type ProgressReporter,
  type Stage,
  type StageProgress,
  truncate,
} from '@facet/console';

/** Where progress is written. */
export interface ProgressSink {
  write(text: string): void;
  /** Whether lines can be redrawn. */
  isTerminal: boolean;
  columns: () => number;
  palette: Palette;
  /** Milliseconds, monotonic. */
  now: () => number;
}

/** A terminal line is redrawn this often. */
const REDRAW_MS = 100;
/** Without a terminal a stage says a line at its first sign of life, then this often. */
const PLAIN_LINE_MS = 3000;
const SPINNER = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'] as const;
const BAR_CELLS = 16;
const ERASE_LINE = '\r\u001b[2K';

/** Creates the reporter that fits the sink: one line redrawn in a terminal, else plain lines every few seconds. */
export function createProgressReporter(sink: ProgressSink): ProgressReporter {
  return sink.isTerminal ? createRedrawing(sink) : createPlain(sink);
}

function createRedrawing(sink: ProgressSink): ProgressReporter {
  let current: { title: string; startMs: number; progress: StageProgress | undefined } | undefined;
  let timer: NodeJS.Timeout | undefined;
  const draw = () => {
    if (current === undefined) return;
    const elapsedMs = sink.now() - current.startMs;
    const spinner = SPINNER[Math.floor(elapsedMs / REDRAW_MS) % SPINNER.length]!;
    const state = current.progress ? describeProgress(current.progress) : formatSeconds(elapsedMs / 1000);
    const bar = current.progress ? progressBar(current.progress) : '';
    const line = truncate(`${spinner} ${current.title}  ${bar}${state}`, sink.columns() - 1);
    sink.write(`${ERASE_LINE}${line}`);
  };
  const finish = (mark: string, text: string) => {
    if (current === undefined) return;
    clearInterval(timer);
    const seconds = formatSeconds((sink.now() - current.startMs) / 1000);
    const line = `${mark} ${current.title}  ${text}  ${sink.palette.dim(seconds)}`;
    current = undefined;
    sink.write(`${ERASE_LINE}${line}\n`);
  };
  return {
    stage: (title) => {
      const stage = { title, startMs: sink.now(), progress: undefined as StageProgress | undefined };
      current = stage;
      timer = setInterval(draw, REDRAW_MS).unref();
      draw();
      return {
        update: (progress) => {
          stage.progress = progress;
        },
        done: (outcome) => finish(sink.palette.green('✓'), outcome),
        stopped: (reason) => finish(sink.palette.red('✗'), reason),
      };
    },
    note: (line) => {
      sink.write(`${current === undefined ? '' : ERASE_LINE}${line}\n`);
      draw();
    },
    close: () => {
      clearInterval(timer);
      if (current !== undefined) sink.write(ERASE_LINE);
      current = undefined;
    },
  };
}

/** Draws the share that is done, where the whole is known. */
function progressBar({ done, total }: StageProgress): string {
  if (total === undefined || total === 0) return '';
  const filled = Math.min(BAR_CELLS, Math.floor((BAR_CELLS * done) / total));
  return `${'━'.repeat(filled)}${'─'.repeat(BAR_CELLS - filled)} `;
}

function createPlain(sink: ProgressSink): ProgressReporter {
  return {
    stage: (title) => createPlainStage(title, sink),
    note: (line) => sink.write(`${line}\n`),
    close: () => {},
  };
}

function createPlainStage(title: string, sink: ProgressSink): Stage {
  const startMs = sink.now();
  let lastLineMs = Number.NEGATIVE_INFINITY;
  const finish = (text: string) =>
    sink.write(`${title}: ${text} (${formatSeconds((sink.now() - startMs) / 1000)})\n`);
  return {
    update: (progress) => {
      if (sink.now() - lastLineMs < PLAIN_LINE_MS) return;
      lastLineMs = sink.now();
      sink.write(`${title}: ${describeProgress(progress)}\n`);
    },
    done: finish,
    stopped: finish,
  };
}
