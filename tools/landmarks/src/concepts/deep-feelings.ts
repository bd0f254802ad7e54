import type { Concept } from '../concept.ts';

/** Feelings that lie deep: the cold one and the tender one. */
export const DEEP_FEELINGS: readonly Concept[] = [
  {
    id: 'fear',
    kind: 'feeling',
    wording: {
      en: {
        names: ['fear'],
        pronoun: 'It',
        heads: ['the cold tight feeling', 'the dark feeling', 'the icy feeling'],
        tails: [
          'that makes people hide',
          'that comes with noises in the night',
          'that makes the knees shake',
        ],
        facts: [
          'makes the heart beat fast',
          'grows in the dark',
          'warns people of danger',
          'shrinks when a friend is near',
        ],
        forms: ['I am cold and dark like a cave.', 'I shake and tremble like a leaf.'],
      },
      es: {
        names: ['el miedo'],
        pronoun: '',
        heads: ['el sentimiento frío y tenso', 'el sentimiento oscuro', 'el sentimiento helado'],
        tails: [
          'que hace que la gente se esconda',
          'que llega con los ruidos de la noche',
          'que hace temblar las rodillas',
        ],
        facts: [
          'hace latir rápido el corazón',
          'crece en la oscuridad',
          'avisa a la gente del peligro',
          'se encoge cuando un amigo está cerca',
        ],
        forms: ['Soy frío y oscuro como una cueva.', 'Me agito y tiemblo como una hoja.'],
      },
      fr: {
        names: ['la peur'],
        pronoun: 'Elle',
        heads: ["l'émotion froide et tendue", "l'émotion sombre", "l'émotion glacée"],
        tails: [
          'qui pousse les gens à se cacher',
          'qui vient avec les bruits de la nuit',
          'qui fait trembler les genoux',
        ],
        facts: [
          'fait battre le cœur très vite',
          'grandit dans le noir',
          'avertit les gens du danger',
          'rapetisse quand un ami est proche',
        ],
        forms: ['Je suis froide et sombre comme une grotte.', "Je m'agite et je tremble comme une feuille."],
      },
      zh: {
        names: ['恐惧'],
        pronoun: '它',
        heads: ['冰冷紧张的感觉', '黑暗的感觉', '冰一样的感觉'],
        tails: ['让人躲起来的', '随着夜里的声响到来的', '让膝盖发抖的'],
        facts: ['让心跳变快', '在黑暗中变大', '提醒人们有危险', '有朋友在身边就会变小'],
        forms: ['我像山洞一样又冷又黑。', '我像树叶一样摇晃发抖。'],
      },
    },
  },
  {
    id: 'love',
    kind: 'feeling',
    wording: {
      en: {
        names: ['love'],
        pronoun: 'It',
        heads: ['the warm tender feeling', 'the deep gentle feeling', 'the soft strong feeling'],
        tails: ['that joins two hearts', 'of a mother for her child', 'that makes people marry'],
        facts: [
          'makes people care for each other',
          'shows itself in hugs and kisses',
          'forgives small mistakes',
          'can last a whole life',
        ],
        forms: ['I am soft and warm like a hug.', 'I am deep like the sea and I join hearts.'],
      },
      es: {
        names: ['el amor'],
        pronoun: '',
        heads: [
          'el sentimiento cálido y tierno',
          'el sentimiento profundo y dulce',
          'el sentimiento suave y fuerte',
        ],
        tails: ['que une dos corazones', 'de una madre por su hijo', 'que lleva a la gente a casarse'],
        facts: [
          'hace que las personas se cuiden',
          'se muestra en abrazos y besos',
          'perdona los pequeños errores',
          'puede durar toda la vida',
        ],
        forms: ['Soy suave y cálido como un abrazo.', 'Soy profundo como el mar y uno corazones.'],
      },
      fr: {
        names: ["l'amour"],
        pronoun: 'Il',
        heads: [
          'le sentiment chaud et tendre',
          'le sentiment profond et doux',
          'le sentiment souple et fort',
        ],
        tails: ['qui unit deux cœurs', "d'une mère pour son enfant", 'qui pousse les gens à se marier'],
        facts: [
          'fait que les gens prennent soin des autres',
          'se montre par des câlins et des baisers',
          'pardonne les petites erreurs',
          'peut durer toute la vie',
        ],
        forms: ['Je suis doux et chaud comme un câlin.', "Je suis profond comme la mer et j'unis les cœurs."],
      },
      zh: {
        names: ['爱意'],
        pronoun: '它',
        heads: ['温暖温柔的感情', '深厚柔和的感情', '柔软又坚强的感情'],
        tails: ['把两颗心连在一起的', '母亲对孩子的', '让人想结婚的'],
        facts: ['让人们互相照顾', '在拥抱和亲吻中表现出来', '原谅小小的错误', '可以持续一生'],
        forms: ['我像拥抱一样柔软温暖。', '我像大海一样深，把心连在一起。'],
      },
    },
  },
];
