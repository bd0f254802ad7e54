import type { Language } from './concept.ts';

/** Adverbs that stand before the verb of an English fact. */
const ADVERBS = new Set(['often', 'slowly', 'once', 'first', 'last', 'never']);
/** Forms of the first person that no rule gives. */
const IRREGULAR: Readonly<Record<string, string>> = { is: 'am', has: 'have', lies: 'lie', goes: 'go' };
/** What stays as it is: modal verbs, past tenses. */
const UNCHANGED = /^(?:can|cannot|was|built|held|lost|ran|.*ed)$/;

/**
 * A fact as its subject says it (`I cross the strait.`), where the language allows it by rule: in Chinese verbs do not change, in English hardly.
 * Undefined in the others, and for an English fact that refers back to its subject as `it`.
 */
export function inFirstPerson(fact: string, language: Language): string | undefined {
  if (language === 'zh') return `我${fact}。`;
  if (language !== 'en' || /\bit\b/.test(fact)) return undefined;
  const words = fact.split(' ');
  const verb = ADVERBS.has(words[0]) ? 1 : 0;
  words[verb] = firstPersonVerb(words[verb]);
  return `I ${words.join(' ')}.`.replace(/\bits\b/g, 'my').replace(/\bitself\b/g, 'myself');
}

function firstPersonVerb(verb: string): string {
  if (UNCHANGED.test(verb)) return verb;
  if (verb in IRREGULAR) return IRREGULAR[verb];
  if (verb.endsWith('ies')) return `${verb.slice(0, -3)}y`;
  return /(?:ss|sh|ch|x)es$/.test(verb) ? verb.slice(0, -2) : verb.slice(0, -1);
}
