import { FacetError, isFacetError } from '@facet/errors';
import { JOB_TAKEN_OVER } from '@facet/events';
import {
  absentAsUndefined,
  type Condition,
  type ObjectStore,
  readJsonVersion,
  type VersionedJson,
  writeJson,
} from '@facet/objects';
import { z } from 'zod';
import type { RunRecord } from './run-record.ts';
import type { RunStore } from './run-store.ts';

/** Where the turns of SAEs are kept: `indexTurns/{sae}/turn.json`. */
export const TURNS = 'indexTurns';

/** Reason of the error that says that another run of the SAE has not ended. */
export const INDEXING_UNDER_WAY = 'INDEXING_UNDER_WAY';

const turnSchema = z.object({
  /** The run that may write the index of the SAE; of an ended run, the last that could. */
  run: z.string(),
  uid: z.string(),
  /** Grows with every worker that begins: of two workers of one run the later one goes on. */
  epoch: z.number().int().nonnegative(),
  /** What the newest worker writes, once it has begun; other generations that are not published are left over. */
  generation: z.number().int().optional(),
});

/** Whose turn it is to write the index of an SAE. */
export type Turn = z.infer<typeof turnSchema>;

/** A worker's turn. */
export interface HeldTurn {
  /** States, before anything of it is written, which generation this worker writes. */
  begin(generation: number): Promise<void>;
  /** Throws `aborted`, JOB_TAKEN_OVER, once another worker has the turn. */
  requireHeld(): Promise<void>;
}

/** The turns at writing indexes: one run at a time for every SAE, and one worker at a time for every run. */
export interface IndexTurns {
  /** Gives a new run the turn; `aborted`, INDEXING_UNDER_WAY, naming the other, where one that has not ended has it. */
  claim(record: RunRecord): Promise<void>;
  /** As `claim`, for a worker that begins: from now on no worker before it may finish. */
  take(record: RunRecord): Promise<HeldTurn>;
  /** The generation that a run which has not ended writes; undefined where there is none. */
  living(sae: string): Promise<number | undefined>;
  /** Whether any run has had a turn at an SAE. */
  knows(sae: string): Promise<boolean>;
}

/** Keeps turns in `store`; every change is a compare-and-swap, so that of many claims one wins, in any number of processes. */
export function createIndexTurns(store: ObjectStore, runs: RunStore): IndexTurns {
  const keyOf = (sae: string) => `${TURNS}/${sae}/turn.json`;
  const read = (sae: string) => absentAsUndefined(() => readJsonVersion(store, keyOf(sae), turnSchema));

  const hasEnded = async ({ run, uid }: Turn) => {
    const record = await absentAsUndefined(() => runs.read(run));
    return record?.uid !== uid || (await runs.settled(run));
  };

  /** Gives the turn to a run unless another one has it, and begins anew where somebody else was faster. */
  async function give({ id, uid, sae }: RunRecord, epochs: number): Promise<Turn> {
    for (;;) {
      const found = await read(sae);
      const own = found?.value.run === id && found.value.uid === uid;
      if (own && epochs === 0) return found.value;
      if (found && !own && !(await hasEnded(found.value))) throw underWay(sae, found.value.run);
      const turn = { run: id, uid, epoch: (found?.value.epoch ?? 0) + epochs };
      if (await swap(sae, turn, found)) return turn;
    }
  }

  async function swap(sae: string, turn: Turn, found: VersionedJson<Turn> | undefined): Promise<boolean> {
    const condition: Condition = found ? { ifMatch: found.version } : { ifAbsent: true };
    try {
      await writeJson(store, keyOf(sae), turn, condition);
      return true;
    } catch (error) {
      if (isFacetError(error) && (error.kind === 'aborted' || error.kind === 'exists')) return false;
      throw error;
    }
  }

  function hold(record: RunRecord, turn: Turn): HeldTurn {
    const held = async () => {
      const found = await read(record.sae);
      if (found?.value.uid !== turn.uid || found.value.epoch !== turn.epoch) throw takenOver(record);
      return found;
    };
    return {
      async begin(generation) {
        if (!(await swap(record.sae, { ...turn, generation }, await held()))) throw takenOver(record);
      },
      requireHeld: async () => void (await held()),
    };
  }

  return {
    claim: async (record) => void (await give(record, 0)),
    take: async (record) => hold(record, await give(record, 1)),
    async living(sae) {
      const found = await read(sae);
      return found && !(await hasEnded(found.value)) ? found.value.generation : undefined;
    },
    knows: async (sae) => (await read(sae)) !== undefined,
  };
}

function underWay(sae: string, run: string): FacetError {
  const message =
    `indexingRuns/${run} is writing the index of saes/${sae}; ` +
    'one run does so at a time: wait for its end, or cancel it first';
  return new FacetError('aborted', message, {
    reason: INDEXING_UNDER_WAY,
    metadata: { indexingRun: `indexingRuns/${run}` },
  });
}

function takenOver({ id }: RunRecord): FacetError {
  const message = `another worker took indexingRuns/${id} over; this one stops and writes nothing more`;
  return new FacetError('aborted', message, { reason: JOB_TAKEN_OVER });
}
