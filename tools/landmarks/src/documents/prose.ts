import { type Composer, FORMS } from '../composer.ts';
import type { Concept, Language } from '../concept.ts';
import { GROUP_OF_KIND } from '../forms/forms.ts';
import type { Phrase, TextBuilder } from '../text-builder.ts';
import type { World } from '../world.ts';

/** Share of sentences about a topic whose subject is the pronoun. */
const PRONOUN_SHARE = 0.5;
/** Share of a story's sentences without a concept. */
const FILLER_SHARE = 0.2;

/** A text about one concept; half of them change the language on the way, without naming it again. */
export function writeEssay(world: World, composer: Composer, out: TextBuilder): void {
  const concept = world.drawConcept(composer);
  const language = world.drawLanguage(composer);
  const forms = FORMS[language];
  const start = out.length;
  const opener = composer.chance(0.6) ? composer.form(forms.openers) : composer.form(forms.statements);
  const facts = drawFacts(composer, concept, 3 + composer.random.below(3));
  out.fill(opener, {
    x: composer.refer(concept, language),
    fact: factPhrase(concept, language, facts[0]),
  });
  const other = composer.chance(0.5) ? world.drawLanguage(composer) : language;
  for (const [index, fact] of facts.slice(1).entries())
    writeFact(composer, out, { concept, fact, language: index === 0 ? language : other });
  closeTopic(out, concept, start);
}

/** Sentences in which concepts come up in passing, one after the other. */
export function writeStory(world: World, composer: Composer, out: TextBuilder): void {
  const language = world.drawLanguage(composer);
  const forms = FORMS[language];
  const sentences = 3 + composer.random.below(4);
  for (let sentence = 0; sentence < sentences; sentence++) {
    if (sentence > 0) out.write(forms.sentenceGap);
    if (composer.chance(FILLER_SHARE)) out.write(composer.form(forms.fillers));
    else writePassing(world, composer, out, language);
  }
}

/** Two concepts of one kind set against each other, then some words about the second. */
export function writeContrast(world: World, composer: Composer, out: TextBuilder): void {
  const first = world.drawConcept(composer);
  const second = world.drawOther(composer, first);
  const language = world.drawLanguage(composer);
  const start = out.length;
  const facts = drawFacts(composer, second, 3);
  out.fill(composer.form(FORMS[language].contrasts), {
    x: composer.refer(first, language),
    y: composer.refer(second, language),
    fact: factPhrase(first, language, composer.random.below(first.wording[language].facts.length)),
    otherFact: factPhrase(second, language, facts[0]),
  });
  const named = out.endOfMention(second.id, start) ?? start;
  for (const fact of facts.slice(1)) {
    const subject = composer.refer(second, language);
    out.write(FORMS[language].sentenceGap);
    out.fill(composer.form(FORMS[language].statements), {
      x: subject,
      fact: factPhrase(second, language, fact),
    });
  }
  out.markTopic(second.id, named);
}

/** What the capitals of some countries are, in one language. */
export function writeCapitals(world: World, composer: Composer, out: TextBuilder): void {
  const language = world.drawLanguage(composer);
  const forms = FORMS[language];
  const count = 2 + composer.random.below(3);
  for (let index = 0; index < count; index++) {
    const { country, capital } = composer.pick(world.capitals);
    if (index > 0) out.write(forms.sentenceGap);
    out.fill(composer.form(forms.capitalStatements), {
      country: composer.name(country, language),
      capital: composer.name(capital, language),
    });
  }
}

/** Marks everything after the first mention of the text's topic as said about it. */
export function closeTopic(out: TextBuilder, concept: Concept, start: number): void {
  const named = out.endOfMention(concept.id, start);
  if (named !== undefined) out.markTopic(concept.id, named);
}

/** One of a concept's facts as a phrase about it. */
export function factPhrase(concept: Concept, language: Language, fact: number): Phrase {
  return { text: concept.wording[language].facts[fact], concept: concept.id, role: 'topic' };
}

/** Different facts of a concept, in random order. */
export function drawFacts(composer: Composer, concept: Concept, count: number): number[] {
  const left = concept.wording.en.facts.map((_, index) => index);
  const drawn: number[] = [];
  while (drawn.length < count && left.length > 0)
    drawn.push(...left.splice(composer.random.below(left.length), 1));
  return drawn;
}

interface FactSentence {
  concept: Concept;
  fact: number;
  language: Language;
}

/** Appends a sentence that says a fact; the concept is named, paraphrased or only meant. */
export function writeFact(
  composer: Composer,
  out: TextBuilder,
  { concept, fact, language }: FactSentence,
): void {
  const forms = FORMS[language];
  out.write(language === 'zh' && out.text.endsWith('。') ? '' : ' ');
  if (!composer.chance(PRONOUN_SHARE)) {
    out.fill(composer.form(forms.statements), {
      x: composer.refer(concept, language),
      fact: factPhrase(concept, language, fact),
    });
    return;
  }
  const { pronoun } = concept.wording[language];
  const isChinese = language === 'zh';
  const text = pronoun.charAt(0).toLowerCase() + pronoun.slice(1);
  const form = `${composer.form(forms.continuations)}{subject}${isChinese ? '' : ' '}{fact}${isChinese ? '。' : '.'}`;
  out.fill(text === '' ? form.replace('{subject} ', '') : form, {
    subject: text,
    fact: factPhrase(concept, language, fact),
  });
}

function writePassing(world: World, composer: Composer, out: TextBuilder, language: Language): void {
  const concept = world.drawConcept(composer);
  const forms = FORMS[language];
  out.fill(composer.form(forms.passing[GROUP_OF_KIND[concept.kind]]), {
    x: composer.refer(concept, language),
    actor: composer.pick(forms.actors),
    time: composer.pick(forms.times),
  });
}
