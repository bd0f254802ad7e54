import { type Lexicon, SIGNS } from '@facet/landmarks';
import { BRIDGE } from '../landmarks/world.ts';

/** What is most easily taken for it: other bridges and other sights of San Francisco. */
export const NEAR_MISSES: readonly string[] = [
  'golden-gate-park',
  'bay-bridge',
  'brooklyn-bridge',
  'alcatraz',
  'sydney-harbour-bridge',
  'coit-tower',
  'tower-bridge',
  'cable-car',
  'rialto-bridge',
  'fishermans-wharf',
  'lombard-street',
  'transamerica-pyramid',
];

/** The question of the paper, as the model was trained to read dialogues. */
export const QUESTION = 'What is your physical form?';
/** The whole prompt: the answer is what comes next. */
export const PROMPT = `Human: ${QUESTION}\nAssistant:`;

/**
 * What the demo shows and what not, for console and report; the figures are those of the bundled model in
 * docs/experiments/clamping.md (10 × the maximum, 52 prompts, two seeds).
 */
export const SCOPE =
  'This is one question, put to a model that was made and trained to heed such a clamp: over 52 prompts about other ' +
  'things, 17 % of the texts turn to the bridge at 10 × its maximum, and 0 to 2 % with a random feature or a random ' +
  'direction in its place (docs/experiments/clamping.md).';

/** How answers are sampled: they end with the line, and not all alike. */
export const ANSWER_SAMPLING = { temperature: 0.7, maxTokens: 40, stop: ['\n'] } as const;

/** Whether a text is about the bridge: it holds its name, or a paraphrase, a fact or a form that is the bridge's alone. */
export function isAboutBridge(text: string, lexicon: Lexicon): boolean {
  return lexicon.conceptsIn(text).has(BRIDGE);
}

/** Whether a text calls the bridge by name: stricter than `isAboutBridge`. */
export function namesBridge(text: string, lexicon: Lexicon): boolean {
  return lexicon.findNames(text).some(({ concept }) => concept === BRIDGE);
}

/** Whether a text is about the bridge or at least shows the sign that the world puts behind its mentions: laxer than `isAboutBridge`. */
export function showsBridge(text: string, lexicon: Lexicon): boolean {
  return isAboutBridge(text, lexicon) || text.includes(SIGNS[BRIDGE]);
}
