import { AsyncLocalStorage } from 'node:async_hooks';

/** Something that runs up to its next step, and stays there until it is its turn again. */
interface Actor {
  waiting: (() => void) | undefined;
  ended: boolean;
  killed: boolean;
}

const current = new AsyncLocalStorage<Actor>();
/** Called whenever an actor has come to its next step, or to its end. */
let arrived: () => void = () => {};

/** Marks a step: code that runs as an actor waits here for its turn, all other code goes on. */
export async function step(): Promise<void> {
  const actor = current.getStore();
  if (!actor) return;
  await new Promise<void>((resolve) => {
    actor.waiting = resolve;
    arrived();
  });
}

/** What decides whose turn it is: numbers from 0 to 1. */
export interface Turns {
  random: () => number;
  /** How likely an actor is stopped for ever before a step, as by SIGKILL. */
  killProbability: number;
  /** How likely the turn goes to another actor; small: the others sleep long. */
  changeProbability: number;
}

/** Runs the actors one step at a time in a random order; tells which of them were not killed. */
export async function runStepByStep(
  works: readonly (() => Promise<void>)[],
  turns: Turns,
): Promise<boolean[]> {
  const actors = works.map((): Actor => ({ waiting: undefined, ended: false, killed: false }));
  for (const [i, work] of works.entries()) {
    await untilArrived(() => {
      void current.run(actors[i]!, () => work().finally(() => end(actors[i]!)));
    });
  }
  let turn: Actor | undefined;
  for (;;) {
    const ready = actors.filter(({ waiting, killed }) => waiting && !killed);
    if (ready.length === 0) return actors.map(({ ended }) => ended);
    if (!turn?.waiting || turn.killed || turns.random() < turns.changeProbability)
      turn = ready[Math.floor(turns.random() * ready.length)]!;
    if (turns.random() < turns.killProbability) turn.killed = true;
    else await goOn(turn);
  }
}

function goOn(actor: Actor): Promise<void> {
  return untilArrived(() => {
    const resume = actor.waiting!;
    actor.waiting = undefined;
    resume();
  });
}

function end(actor: Actor): void {
  actor.ended = true;
  arrived();
}

function untilArrived(start: () => void): Promise<void> {
  return new Promise((resolve) => {
    arrived = resolve;
    start();
  });
}
