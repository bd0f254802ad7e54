import type { DescMethod } from '@facet/contracts';
import type { World } from '@facet/mesh/hostile';
import { CORPUS } from '../system/repository.ts';
import { HOOK, MODEL } from '../system/tiny-way.ts';

const FEATURE = 'saes/tiny/features/1';

/** Resource names by a word in the name of a method, the first that fits. */
const NAMES: readonly [RegExp, string][] = [
  [/Model/, MODEL],
  [/ActivationSet|ReadActivations/, 'activationSets/tiny'],
  [/Training/, 'trainingRuns/tiny'],
  [/IndexingRun/, 'indexingRuns/tiny'],
  [/SteeringProfile/, 'steeringProfiles/tiny'],
  [/Feature$/, FEATURE],
  [/./, 'saes/tiny'],
];

/** What honest requests hold, by package: small work for every method. */
const WORLDS: Readonly<Record<string, World>> = {
  'facet.activation.v1': {
    'spec.model': MODEL,
    'spec.hook_point': HOOK,
    'spec.corpus.uri': CORPUS,
    'spec.max_tokens': 64,
    'spec.context_tokens': 16,
  },
  'facet.feature.v1': {
    'spec.sae': 'saes/tiny',
    'spec.activation_set': 'activationSets/tiny',
    'spec.max_tokens': 64,
    'feature.name': FEATURE,
    'feature.label': 'a label',
    'update_mask.paths': 'label',
    positive_texts: 'Once',
    negative_texts: 'dog',
    text: 'Once upon a time',
    query: 'once',
  },
  'facet.inference.v1': {
    model: MODEL,
    hook_points: HOOK,
    text: 'Once upon a time',
    texts: 'Once upon a time',
    'texts.texts': 'Once upon a time',
    'sampling.max_tokens': 8,
  },
  'facet.sae.v1': {
    'sae.name': 'saes/tiny',
    'sae.display_name': 'tiny',
    'update_mask.paths': 'display_name',
    sae_id: 'hostile',
    uri: '/srv/saes/x',
    model: MODEL,
    features: 1,
    activation_set: 'activationSets/tiny',
    max_tokens: 64,
  },
  'facet.steering.v1': {
    prompt: 'Once upon a time',
    prompts: 'Once',
    'edits.feature': FEATURE,
    'edits.clamp': 1,
    'edit.feature': FEATURE,
    'edit.clamp': 1,
    strengths: 1,
    'sampling.max_tokens': 4,
    steering_profile_id: 'hostile',
    'steering_profile.name': 'steeringProfiles/tiny',
    'steering_profile.display_name': 'tiny',
    'steering_profile.edits.feature': FEATURE,
    'steering_profile.edits.clamp': 1,
    'update_mask.paths': 'display_name',
  },
  'facet.training.v1': {
    'spec.activation_sets': 'activationSets/tiny',
    'spec.d_sae': 16,
    'spec.topk.k': 2,
    'spec.tokens': 256,
    'spec.batch_tokens': 256,
  },
};

/** What honest requests to a method hold. Nothing that others need is deleted. */
export function worldOf({ name, parent }: DescMethod): World {
  const named = NAMES.find(([word]) => word.test(name))![1];
  const packageName = parent.typeName.slice(0, parent.typeName.lastIndexOf('.'));
  return {
    ...WORLDS[packageName],
    name: name.startsWith('Delete') ? named.replace(/\/tiny/, '/nothing') : named,
    parent: name === 'ListExamples' ? FEATURE : 'saes/tiny',
  };
}
