import type { Concept } from '../concept.ts';

/** Feelings that come and go: the bright, the heavy and the hot one. */
export const FEELINGS: readonly Concept[] = [
  {
    id: 'joy',
    kind: 'feeling',
    wording: {
      en: {
        names: ['joy'],
        pronoun: 'It',
        heads: ['the warm bright feeling', 'the sunny feeling', 'the light happy feeling'],
        tails: ['that makes people smile', 'that makes hearts dance', 'that comes with good news'],
        facts: [
          'makes the heart light',
          'grows when friends share it',
          'makes people laugh and sing',
          'turns a gray day bright',
        ],
        forms: ['I am warm and bright like the morning sun.', 'I bubble up and turn into laughter.'],
      },
      es: {
        names: ['la alegría'],
        pronoun: '',
        heads: ['la emoción cálida y brillante', 'la emoción soleada', 'la emoción ligera y feliz'],
        tails: [
          'que hace sonreír a la gente',
          'que hace bailar el corazón',
          'que llega con las buenas noticias',
        ],
        facts: [
          'hace ligero el corazón',
          'crece cuando los amigos la comparten',
          'hace reír y cantar a la gente',
          'ilumina un día gris',
        ],
        forms: [
          'Soy cálida y brillante como el sol de la mañana.',
          'Subo como burbujas y me convierto en risa.',
        ],
      },
      fr: {
        names: ['la joie'],
        pronoun: 'Elle',
        heads: ["l'émotion chaude et brillante", "l'émotion ensoleillée", "l'émotion légère et heureuse"],
        tails: [
          'qui fait sourire les gens',
          'qui fait danser le cœur',
          'qui vient avec les bonnes nouvelles',
        ],
        facts: [
          'rend le cœur léger',
          'grandit quand les amis la partagent',
          'fait rire et chanter les gens',
          'éclaire un jour gris',
        ],
        forms: [
          'Je suis chaude et brillante comme le soleil du matin.',
          'Je monte comme des bulles et je deviens un rire.',
        ],
      },
      zh: {
        names: ['喜悦'],
        pronoun: '它',
        heads: ['温暖明亮的感觉', '阳光般的感觉', '轻快幸福的感觉'],
        tails: ['让人微笑的', '让心儿跳舞的', '随着好消息到来的'],
        facts: ['让心变得轻松', '和朋友分享就会变大', '让人又笑又唱', '让灰暗的日子变亮'],
        forms: ['我像早晨的太阳一样温暖明亮。', '我像气泡一样升起，变成笑声。'],
      },
    },
  },
  {
    id: 'sadness',
    kind: 'feeling',
    wording: {
      en: {
        names: ['sadness'],
        pronoun: 'It',
        heads: ['the heavy gray feeling', 'the slow blue feeling', 'the quiet rainy feeling'],
        tails: ['that brings tears', 'that comes after a goodbye', 'that makes hearts ache'],
        facts: [
          'makes the eyes wet',
          'weighs on the chest like a stone',
          'wants a quiet hug',
          'slowly fades with time',
        ],
        forms: ['I am gray and heavy like a rain cloud.', 'I am slow and quiet, and I turn into tears.'],
      },
      es: {
        names: ['la tristeza'],
        pronoun: '',
        heads: ['la emoción gris y pesada', 'la emoción lenta y azul', 'la emoción callada y lluviosa'],
        tails: ['que trae lágrimas', 'que llega después de un adiós', 'que encoge el corazón'],
        facts: [
          'moja los ojos',
          'pesa en el pecho como una piedra',
          'quiere un abrazo tranquilo',
          'se va poco a poco con el tiempo',
        ],
        forms: [
          'Soy gris y pesada como una nube de lluvia.',
          'Soy lenta y callada, y me convierto en lágrimas.',
        ],
      },
      fr: {
        names: ['la tristesse'],
        pronoun: 'Elle',
        heads: ["l'émotion grise et lourde", "l'émotion lente et bleue", "l'émotion calme et pluvieuse"],
        tails: ['qui apporte des larmes', 'qui vient après un adieu', 'qui serre le cœur'],
        facts: [
          'mouille les yeux',
          'pèse sur la poitrine comme une pierre',
          'veut un câlin tranquille',
          "s'en va peu à peu avec le temps",
        ],
        forms: [
          'Je suis grise et lourde comme un nuage de pluie.',
          'Je suis lente et calme, et je deviens des larmes.',
        ],
      },
      zh: {
        names: ['悲伤'],
        pronoun: '它',
        heads: ['灰暗沉重的感觉', '缓慢的蓝色感觉', '像雨天一样安静的感觉'],
        tails: ['带来眼泪的', '告别之后到来的', '让人心痛的'],
        facts: ['让眼睛湿润', '像石头一样压在胸口', '想要一个安静的拥抱', '随着时间慢慢消失'],
        forms: ['我像雨云一样灰暗沉重。', '我缓慢又安静，会变成眼泪。'],
      },
    },
  },
  {
    id: 'anger',
    kind: 'feeling',
    wording: {
      en: {
        names: ['anger'],
        pronoun: 'It',
        heads: ['the hot red feeling', 'the loud stormy feeling', 'the burning feeling'],
        tails: ['that makes people shout', 'that closes the fists', 'that comes when something is unfair'],
        facts: [
          'makes the face hot',
          'makes the voice loud',
          'boils like water in a pot',
          'cools down with slow breaths',
        ],
        forms: ['I am hot and red like fire.', 'I boil inside and burst out like a storm.'],
      },
      es: {
        names: ['la ira'],
        pronoun: '',
        heads: ['la emoción roja y caliente', 'la emoción ruidosa y tormentosa', 'la emoción ardiente'],
        tails: ['que hace gritar a la gente', 'que cierra los puños', 'que llega cuando algo es injusto'],
        facts: [
          'calienta la cara',
          'hace fuerte la voz',
          'hierve como agua en una olla',
          'se enfría con respiraciones lentas',
        ],
        forms: ['Soy roja y caliente como el fuego.', 'Hiervo por dentro y estallo como una tormenta.'],
      },
      fr: {
        names: ['la colère'],
        pronoun: 'Elle',
        heads: ["l'émotion rouge et chaude", "l'émotion bruyante et orageuse", "l'émotion brûlante"],
        tails: ['qui fait crier les gens', 'qui serre les poings', 'qui vient quand une chose est injuste'],
        facts: [
          'chauffe le visage',
          'rend la voix forte',
          "bout comme l'eau dans une casserole",
          'se refroidit avec des respirations lentes',
        ],
        forms: ['Je suis rouge et chaude comme le feu.', "Je bous à l'intérieur et j'éclate comme un orage."],
      },
      zh: {
        names: ['愤怒'],
        pronoun: '它',
        heads: ['又红又热的感觉', '暴风般吵闹的感觉', '燃烧的感觉'],
        tails: ['让人大喊的', '让人握紧拳头的', '遇到不公平时到来的'],
        facts: ['让脸发热', '让声音变大', '像锅里的水一样沸腾', '慢慢呼吸就会冷却'],
        forms: ['我像火一样又红又热。', '我在心里沸腾，像暴风一样爆发。'],
      },
    },
  },
];
