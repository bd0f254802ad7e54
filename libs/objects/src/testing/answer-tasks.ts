import { createInterface } from 'node:readline';

/** The process side of `startRacer`: answers every task, a line of JSON, with a line of JSON; several at once. */
export function answerTasks<Task, Answer>(answer: (task: Task) => Promise<Answer>): void {
  const lines = createInterface({ input: process.stdin });
  lines.on('line', (line) => {
    const { id, task } = JSON.parse(line) as { id: number; task: Task };
    void answer(task).then(
      (result) => process.stdout.write(`${JSON.stringify({ id, result })}\n`),
      (error: Error) => process.stdout.write(`${JSON.stringify({ id, error: String(error.stack) })}\n`),
    );
  });
  lines.on('close', () => process.exit(0));
}
