import { isFacetError } from '@facet/errors';
import { type ObjectStore, writeJson } from '@facet/objects';

/** Whether a run is paused; pauses are counted, so that every fact about them is written once. */
export interface PauseState {
  /** Pauses asked for so far. */
  pauses: number;
  /** Resumes so far: the number of the pause that was ended last. */
  resumes: number;
  /** Whether a worker has answered the newest pause. */
  answered: boolean;
}

/** Pauses and resumes of one run. */
export interface RunControl {
  state(): Promise<PauseState>;
  /** Asks for a pause unless one is under way. */
  pause(): Promise<PauseState>;
  /** A worker's answer: nothing is trained any more. */
  answer(): Promise<void>;
  /** Ends the pause under way, if there is one. */
  resume(): Promise<PauseState>;
}

const DIGITS = 8;
const NAME = /\/(\d+)\.(pause|paused|resume)\.json$/;

/** Whether a caller wants a run to rest now. */
export function isPauseWanted({ pauses, resumes }: PauseState): boolean {
  return pauses > resumes;
}

/** Opens the pauses of a run, `<prefix>/control/<n>.pause.json`, `.paused.json` and `.resume.json`. */
export function createRunControl(store: ObjectStore, prefix: string): RunControl {
  const folder = `${prefix}/control`;
  const key = (n: number, what: string) => `${folder}/${String(n).padStart(DIGITS, '0')}.${what}.json`;
  const write = async (n: number, what: string) => {
    try {
      await writeJson(store, key(n, what), { time: new Date().toISOString() }, { ifAbsent: true });
    } catch (error) {
      if (!isFacetError(error) || error.kind !== 'exists') throw error;
    }
  };
  const state = async () => {
    const found: PauseState = { pauses: 0, resumes: 0, answered: false };
    for await (const listed of store.list(folder)) {
      const [, digits, what] = NAME.exec(listed.key) ?? [];
      const n = Number(digits);
      if (what === 'pause') Object.assign(found, { pauses: n, answered: false });
      if (what === 'paused') found.answered = true;
      if (what === 'resume') found.resumes = n;
    }
    return found;
  };
  return {
    state,
    async pause() {
      const { pauses, resumes } = await state();
      if (pauses === resumes) await write(pauses + 1, 'pause');
      return state();
    },
    async answer() {
      const { pauses } = await state();
      if (pauses > 0) await write(pauses, 'paused');
    },
    async resume() {
      const { pauses, resumes } = await state();
      if (pauses > resumes) await write(pauses, 'resume');
      return state();
    },
  };
}
