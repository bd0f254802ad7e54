import { absentAsUndefined } from '@facet/objects';
import type { CaptureContext } from '../capture-context.ts';
import { describeSet, type SetDescription } from './describe-set.ts';

/** Lists sets by id, at most `count` of those that follow `after`. */
export async function listSets(
  context: CaptureContext,
  { after, count }: { after: string | undefined; count: number },
): Promise<{ sets: SetDescription[]; next: string | undefined }> {
  const ids = (await context.sets.ids()).filter((id) => after === undefined || id > after);
  const page = ids.slice(0, count);
  const sets: SetDescription[] = [];
  for (const id of page) {
    const description = await describeUnlessGone(context, id);
    if (description) sets.push(description);
  }
  return { sets, next: ids.length > count ? page.at(-1) : undefined };
}

/** A set can be deleted while the list is made. */
async function describeUnlessGone(context: CaptureContext, id: string): Promise<SetDescription | undefined> {
  return absentAsUndefined(() => describeSet(context, id));
}
