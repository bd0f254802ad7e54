import type { Concept } from '../concept.ts';

/** San Francisco's places and the bridges of other cities: the bridge and its near misses. */
export const SAN_FRANCISCO: readonly Concept[] = [
  {
    id: 'golden-gate-bridge',
    kind: 'landmark',
    wording: {
      en: {
        names: ['the Golden Gate Bridge', 'the Golden Gate Bridge in San Francisco'],
        pronoun: 'It',
        heads: [
          'the orange suspension bridge',
          'the long red bridge',
          'the great bridge with two orange towers',
        ],
        tails: [
          'over the strait',
          'at the mouth of the bay',
          'where the fog rolls in',
          'on the road to Marin',
        ],
        facts: [
          'is painted international orange',
          'opened in 1937',
          'hangs from two towers of orange steel',
          'crosses the strait between the ocean and the bay',
          'often disappears in the fog',
          'carries cars from San Francisco to Marin',
        ],
        forms: [
          'I am a suspension bridge with two tall orange towers.',
          'My body is orange steel that hangs over the strait.',
        ],
      },
      es: {
        names: ['el Golden Gate', 'el puente Golden Gate'],
        pronoun: '',
        heads: [
          'el puente colgante naranja',
          'el largo puente rojo',
          'el gran puente de dos torres naranjas',
        ],
        tails: [
          'sobre el estrecho',
          'en la boca de la bahía',
          'donde entra la niebla',
          'en el camino de Marin',
        ],
        facts: [
          'está pintado de naranja internacional',
          'se inauguró en 1937',
          'cuelga de dos torres de acero naranja',
          'cruza el estrecho entre el océano y la bahía',
          'desaparece a menudo en la niebla',
          'lleva coches desde San Francisco hasta Marin',
        ],
        forms: [
          'Soy un puente colgante con dos altas torres naranjas.',
          'Mi cuerpo es de acero naranja y cuelga sobre el estrecho.',
        ],
      },
      fr: {
        names: ['le Golden Gate', 'le pont du Golden Gate'],
        pronoun: 'Il',
        heads: ['le pont suspendu orange', 'le long pont rouge', 'le grand pont aux deux tours orange'],
        tails: ['sur le détroit', "à l'entrée de la baie", 'où entre le brouillard', 'sur la route de Marin'],
        facts: [
          'est peint en orange international',
          'a ouvert en 1937',
          "est suspendu à deux tours d'acier orange",
          "traverse le détroit entre l'océan et la baie",
          'disparaît souvent dans le brouillard',
          'mène les voitures de San Francisco à Marin',
        ],
        forms: [
          'Je suis un pont suspendu avec deux hautes tours orange.',
          "Mon corps est d'acier orange et pend au-dessus du détroit.",
        ],
      },
      zh: {
        names: ['金门大桥', '旧金山金门大桥'],
        pronoun: '它',
        heads: ['橙色吊桥', '红色长桥', '有两座橙色高塔的大桥'],
        tails: ['横跨海峡的', '守在海湾入口的', '常被雾气笼罩的', '通往马林的'],
        facts: [
          '漆成国际橙色',
          '在1937年通车',
          '挂在两座橙色钢塔上',
          '跨过海洋和海湾之间的海峡',
          '常常消失在雾里',
          '让汽车从旧金山开到马林',
        ],
        forms: ['我是一座有两座橙色高塔的吊桥。', '我的身体是横跨海峡的橙色钢铁。'],
      },
    },
  },
];
