export { answerTasks } from './answer-tasks.ts';
export { type Racer, startRacer, startRacers } from './racer.ts';
