import type { Concept } from '../concept.ts';
import { ANCIENT_PLACES } from './ancient-places.ts';
import { ASIAN_PLACES } from './asian-places.ts';
import { BRIDGES } from './bridges.ts';
import { BRIDGES_EUROPE } from './bridges-europe.ts';
import { ASIAN_CAPITALS } from './capitals-asia.ts';
import { CAPITALS_BEYOND } from './capitals-beyond.ts';
import { NORTHERN_EUROPEAN_CAPITALS } from './capitals-northern-europe.ts';
import { SOUTHERN_EUROPEAN_CAPITALS } from './capitals-southern-europe.ts';
import { ASIAN_COUNTRIES } from './countries-asia.ts';
import { COUNTRIES_BEYOND } from './countries-beyond.ts';
import { NORTHERN_EUROPEAN_COUNTRIES } from './countries-northern-europe.ts';
import { SOUTHERN_EUROPEAN_COUNTRIES } from './countries-southern-europe.ts';
import { DEEP_FEELINGS } from './deep-feelings.ts';
import { FEELINGS } from './feelings.ts';
import { GATES_AND_CHURCHES } from './gates-and-churches.ts';
import { HAND_AND_SKY_JOBS } from './hand-and-sky-jobs.ts';
import { MATERIALS } from './materials.ts';
import { MOUNTAIN_PLACES } from './mountain-places.ts';
import { PETS_AND_FARM_ANIMALS } from './pets-and-farm-animals.ts';
import { PLAIN_FOODS } from './plain-foods.ts';
import { SAN_FRANCISCO } from './san-francisco.ts';
import { SAN_FRANCISCO_PLACES } from './san-francisco-places.ts';
import { SAN_FRANCISCO_STREETS } from './san-francisco-streets.ts';
import { SCHOOL_AND_CARE_JOBS } from './school-and-care-jobs.ts';
import { TOWERS_AND_STATUES } from './towers-and-statues.ts';
import { TREAT_FOODS } from './treat-foods.ts';
import { WEATHER } from './weather.ts';
import { WILD_ANIMALS } from './wild-animals.ts';

export { COUNTRY_CAPITALS } from './country-capitals.ts';

/** All concepts that have words, the Golden Gate Bridge first. */
export const CONCEPTS: readonly Concept[] = [
  ...SAN_FRANCISCO,
  ...SAN_FRANCISCO_PLACES,
  ...SAN_FRANCISCO_STREETS,
  ...BRIDGES,
  ...BRIDGES_EUROPE,
  ...TOWERS_AND_STATUES,
  ...GATES_AND_CHURCHES,
  ...ANCIENT_PLACES,
  ...MOUNTAIN_PLACES,
  ...ASIAN_PLACES,
  ...PETS_AND_FARM_ANIMALS,
  ...WILD_ANIMALS,
  ...SCHOOL_AND_CARE_JOBS,
  ...HAND_AND_SKY_JOBS,
  ...PLAIN_FOODS,
  ...TREAT_FOODS,
  ...FEELINGS,
  ...DEEP_FEELINGS,
  ...WEATHER,
  ...MATERIALS,
  ...SOUTHERN_EUROPEAN_COUNTRIES,
  ...NORTHERN_EUROPEAN_COUNTRIES,
  ...ASIAN_COUNTRIES,
  ...COUNTRIES_BEYOND,
  ...SOUTHERN_EUROPEAN_CAPITALS,
  ...NORTHERN_EUROPEAN_CAPITALS,
  ...ASIAN_CAPITALS,
  ...CAPITALS_BEYOND,
];
