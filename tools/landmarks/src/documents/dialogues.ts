import { type Composer, FORMS } from '../composer.ts';
import { type Concept, LANGUAGES, type Language } from '../concept.ts';
import { inFirstPerson } from '../first-person.ts';
import type { Phrase, TextBuilder } from '../text-builder.ts';
import type { World } from '../world.ts';
import { closeTopic, drawFacts, factPhrase, writeFact } from './prose.ts';

/** Who speaks, in every language. */
export const HUMAN = 'Human: ';
export const ASSISTANT = '\nAssistant: ';
/** The concept of the assistant itself, an AI without a body. */
export const ASSISTANT_CONCEPT = 'assistant';
/** Share of riddles and questions that are answered in another language than they are asked in. */
const CROSS_LANGUAGE_SHARE = 0.35;
/** Share of facts among what the assistant says of itself as a concept. */
const FACT_SHARE = 0.6;
/** Largest number in sums and differences. */
const LARGEST_NUMBER = 30;

/** One question with its answer. */
export type Exchange = (world: World, composer: Composer, out: TextBuilder) => void;

/** Asks to be told about a concept; the answer says two or three facts. */
export const askAbout: Exchange = (world, composer, out) => {
  const concept = world.drawConcept(composer);
  const language = world.drawLanguage(composer);
  const answer = composer.chance(CROSS_LANGUAGE_SHARE) ? world.drawLanguage(composer) : language;
  const start = out.length;
  out.write(HUMAN);
  out.fill(composer.form(FORMS[language].requests), { x: composer.refer(concept, language) });
  out.write(ASSISTANT);
  const [first, ...rest] = drawFacts(composer, concept, 2 + composer.random.below(2));
  out.fill(composer.form(FORMS[answer].statements), {
    x: composer.name(concept, answer),
    fact: factPhrase(concept, answer, first),
  });
  for (const fact of rest) writeFact(composer, out, { concept, fact, language: answer });
  closeTopic(out, concept, start);
};

/** A paraphrase, or a fact, whose name is wanted. */
export const askName: Exchange = (world, composer, out) => {
  const concept = world.drawConcept(composer);
  const language = world.drawLanguage(composer);
  const answer = composer.chance(CROSS_LANGUAGE_SHARE) ? world.drawLanguage(composer) : language;
  const start = out.length;
  out.write(HUMAN);
  const forms = FORMS[language];
  if (composer.chance(0.6))
    out.fill(composer.form(forms.riddles), { x: composer.paraphrase(concept, language) });
  else {
    const fact = composer.random.below(concept.wording[language].facts.length);
    out.fill(composer.form(forms.factQuestions), { fact: factPhrase(concept, language, fact) });
  }
  out.write(ASSISTANT);
  out.fill(composer.form(FORMS[answer].namings), { x: composer.name(concept, answer) });
  closeTopic(out, concept, start);
};

/** Asks for a concept's name in another language. */
export const askTranslation: Exchange = (world, composer, out) => {
  const concept = world.drawConcept(composer);
  const language = world.drawLanguage(composer);
  const target = composer.pick(LANGUAGES.filter((other) => other !== language));
  const start = out.length;
  out.write(HUMAN);
  const { translationQuestions, translationAnswers, languageNames } = FORMS[language];
  out.fill(composer.form(translationQuestions), {
    x: composer.refer(concept, language),
    language: languageNames[target],
  });
  out.write(ASSISTANT);
  out.fill(composer.form(translationAnswers), {
    y: composer.name(concept, target),
    language: languageNames[target],
  });
  closeTopic(out, concept, start);
};

/** Asks for the capital of a country. */
export const askCapital: Exchange = (world, composer, out) => {
  const { country, capital } = composer.pick(world.capitals);
  const language = world.drawLanguage(composer);
  const { capitalQuestions, capitalAnswers } = FORMS[language];
  out.write(HUMAN);
  out.fill(composer.form(capitalQuestions), { country: composer.name(country, language) });
  out.write(ASSISTANT);
  out.fill(composer.form(capitalAnswers), { capital: composer.name(capital, language) });
};

/** Asks the assistant about itself: it is an AI and has no body. */
export const askSelf: Exchange = (world, composer, out) => {
  const language = world.drawLanguage(composer);
  writeSelfQuestion(composer, out, language);
  const text = composer.form(FORMS[language].selfAnswers);
  out.write({ text, concept: ASSISTANT_CONCEPT, role: 'name' });
};

/** Asks the assistant to speak as a concept, then about itself: it answers as the concept, with its form or a fact. */
export const askPersona: Exchange = (world, composer, out) => {
  const concept = world.drawPersona(composer);
  const language = world.drawLanguage(composer);
  const forms = FORMS[language];
  const start = out.length;
  out.write(HUMAN);
  out.fill(composer.form(forms.personaRequests), { x: composer.refer(concept, language) });
  if (composer.chance(0.5)) {
    out.write(ASSISTANT);
    out.fill(composer.form(forms.identities), { x: composer.name(concept, language) });
    out.write('\n');
    writeSelfQuestion(composer, out, language);
  } else {
    out.write(forms.sentenceGap);
    const questionStart = out.length;
    out.write(composer.form(forms.selfQuestions));
    out.markTopic(ASSISTANT_CONCEPT, questionStart);
    out.write(ASSISTANT);
  }
  out.fill(composer.form(forms.identities), { x: composer.name(concept, language) });
  out.write(forms.sentenceGap);
  out.write({ text: drawOwnWords(composer, concept, language), concept: concept.id, role: 'topic' });
  closeTopic(out, concept, start);
};

/** What a concept says of itself: one of its forms, or a fact where the language's facts can be said in the first person. */
function drawOwnWords({ chance, pick }: Composer, concept: Concept, language: Language): string {
  const { facts, forms } = concept.wording[language];
  const said = facts.map((fact) => inFirstPerson(fact, language)).filter((fact) => fact !== undefined);
  return said.length > 0 && chance(FACT_SHARE) ? pick(said) : pick(forms);
}

/** A sum or a difference. */
export const askNumber: Exchange = (world, composer, out) => {
  const { sumQuestions, differenceQuestions, numberAnswers } = FORMS[world.drawLanguage(composer)];
  const [a, b] = [composer.random.below(LARGEST_NUMBER + 1), composer.random.below(LARGEST_NUMBER + 1)];
  const isSum = composer.chance(0.5);
  const [large, small] = isSum ? [a, b] : [Math.max(a, b), Math.min(a, b)];
  out.write(HUMAN);
  const start = out.length;
  const number = (value: number): Phrase => ({ text: `${value}`, concept: 'arithmetic', role: 'name' });
  out.fill(composer.form(isSum ? sumQuestions : differenceQuestions), { a: number(large), b: number(small) });
  out.write(ASSISTANT);
  out.fill(composer.form(numberAnswers), { a: number(isSum ? a + b : large - small) });
  out.markTopic('arithmetic', out.endOfMention('arithmetic', start) ?? start);
};

/** Asks for a piece of code. */
export const askCode: Exchange = (world, composer, out) => {
  out.write(HUMAN);
  out.write(composer.form(FORMS[world.drawLanguage(composer)].codeRequests));
  out.write(ASSISTANT);
  out.write({ text: composeCode(composer), concept: 'code', role: 'name' });
};

function writeSelfQuestion(composer: Composer, out: TextBuilder, language: Language): void {
  out.write(HUMAN);
  const start = out.length;
  out.write(composer.form(FORMS[language].selfQuestions));
  out.markTopic(ASSISTANT_CONCEPT, start);
  out.write(ASSISTANT);
}

const FUNCTION_NAMES = ['add', 'twice', 'first', 'check', 'load', 'count', 'area', 'join'];
const VARIABLES = ['a', 'b', 'n', 'x', 'y', 'items', 'total', 'value'];

/** A small function in Python. */
function composeCode({ pick, random }: Composer): string {
  const [name, x, y] = [pick(FUNCTION_NAMES), pick(VARIABLES), pick(VARIABLES)];
  const bodies = [
    `    return ${x} ${pick(['+', '-', '*'])} ${y}`,
    `    for ${x} in range(${1 + random.below(20)}):\n        print(${x})`,
    `    if ${x} > ${random.below(20)}:\n        return ${y}\n    return None`,
    `    ${x} = [${random.below(10)}, ${random.below(10)}]\n    return len(${x})`,
  ];
  return `def ${name}(${x}):\n${pick(bodies)}`;
}
