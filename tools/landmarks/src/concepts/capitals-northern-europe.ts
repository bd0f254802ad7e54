import type { Concept } from '../concept.ts';
import { capital } from './country.ts';

/** Capitals of the north and east of Europe. */
export const NORTHERN_EUROPEAN_CAPITALS: readonly Concept[] = [
  capital('berlin', 'Elle', {
    en: {
      names: ['Berlin'],
      heads: ['the once divided city', 'the city of the bear'],
      tails: ['on the Spree', 'where the wall fell in 1989', 'with the Brandenburg Gate'],
      facts: ['lies on the river Spree', 'has the Brandenburg Gate', 'lost its wall in 1989'],
      forms: ['I was cut in two by a wall.', 'I am wide and flat, with a bear as my symbol.'],
    },
    es: {
      names: ['Berlín'],
      heads: ['la ciudad antes dividida', 'la ciudad del oso'],
      tails: ['a orillas del Spree', 'donde cayó el muro en 1989', 'con la puerta de Brandeburgo'],
      facts: ['está a orillas del Spree', 'tiene la puerta de Brandeburgo', 'perdió su muro en 1989'],
      forms: ['Un muro me cortó en dos.', 'Soy ancha y llana, con un oso como símbolo.'],
    },
    fr: {
      names: ['Berlin'],
      heads: ['la ville autrefois divisée', "la ville de l'ours"],
      tails: ['au bord de la Spree', 'où le mur tomba en 1989', 'avec la porte de Brandebourg'],
      facts: ['se trouve au bord de la Spree', 'a la porte de Brandebourg', 'a perdu son mur en 1989'],
      forms: ["Un mur m'a coupée en deux.", 'Je suis large et plate, avec un ours pour symbole.'],
    },
    zh: {
      names: ['柏林'],
      heads: ['曾经分裂的城市', '熊之城'],
      tails: ['施普雷河畔的', '围墙在1989年倒下的', '有勃兰登堡门的'],
      facts: ['在施普雷河畔', '有勃兰登堡门', '在1989年拆掉了围墙'],
      forms: ['一道墙曾把我分成两半。', '我又宽又平，熊是我的象征。'],
    },
  }),
  capital('moscow', 'Elle', {
    en: {
      names: ['Moscow'],
      heads: ['the great snowy city', 'the city of golden domes'],
      tails: ['that surrounds the Kremlin', 'with Red Square', 'where the Bolshoi dances'],
      facts: ['has Red Square', 'gets very cold in winter', 'has beautiful metro stations'],
      forms: ['I have coloured domes like onions.', 'I am big and snowy in winter.'],
    },
    es: {
      names: ['Moscú'],
      heads: ['la gran ciudad nevada', 'la ciudad de las cúpulas doradas'],
      tails: ['que rodea el Kremlin', 'con la Plaza Roja', 'donde baila el Bolshói'],
      facts: ['tiene la Plaza Roja', 'pasa mucho frío en invierno', 'tiene bellas estaciones de metro'],
      forms: ['Tengo cúpulas de colores como cebollas.', 'Soy grande y me cubre la nieve en invierno.'],
    },
    fr: {
      names: ['Moscou'],
      heads: ['la grande ville enneigée', 'la ville aux dômes dorés'],
      tails: ['qui entoure le Kremlin', 'avec la place Rouge', 'où danse le Bolchoï'],
      facts: ['a la place Rouge', 'a très froid en hiver', 'a de belles stations de métro'],
      forms: ["J'ai des dômes colorés comme des oignons.", 'Je suis grande et enneigée en hiver.'],
    },
    zh: {
      names: ['莫斯科'],
      heads: ['多雪的大城市', '金色圆顶之城'],
      tails: ['环绕克里姆林宫的', '有红场的', '大剧院芭蕾闻名的'],
      facts: ['有红场', '冬天非常冷', '有美丽的地铁站'],
      forms: ['我有洋葱一样的彩色圆顶。', '我很大，冬天盖满了雪。'],
    },
  }),
  capital('oslo', 'Elle', {
    en: {
      names: ['Oslo'],
      heads: ['the small northern city', 'the city on the fjord'],
      tails: [
        'where the Nobel Peace Prize is given',
        'where The Scream hangs',
        'with the statues of Vigeland',
      ],
      facts: ['has the Vigeland statue park', 'gives the Nobel Peace Prize', 'lies at the end of a fjord'],
      forms: [
        'I am small, between a fjord and the forest.',
        'I am cold and quiet, with a white opera house.',
      ],
    },
    es: {
      names: ['Oslo'],
      heads: ['la pequeña ciudad del norte', 'la ciudad del fiordo'],
      tails: ['donde se entrega el Nobel de la Paz', 'donde cuelga El grito', 'con las estatuas de Vigeland'],
      facts: [
        'tiene el parque de estatuas Vigeland',
        'entrega el Nobel de la Paz',
        'está al final de un fiordo',
      ],
      forms: ['Soy pequeña, entre un fiordo y el bosque.', 'Soy fría y tranquila, con una ópera blanca.'],
    },
    fr: {
      names: ['Oslo'],
      heads: ['la petite ville du nord', 'la ville du fjord'],
      tails: ['où se remet le Nobel de la paix', 'où est accroché Le Cri', 'avec les statues de Vigeland'],
      facts: ['a le parc de statues Vigeland', 'remet le Nobel de la paix', "se trouve au bout d'un fjord"],
      forms: ['Je suis petite, entre un fjord et la forêt.', 'Je suis froide et calme, avec un opéra blanc.'],
    },
    zh: {
      names: ['奥斯陆'],
      heads: ['北方小城', '峡湾之城'],
      tails: ['颁发诺贝尔和平奖的', '挂着名画呐喊的', '有维格兰雕像的'],
      facts: ['有维格兰雕像公园', '颁发诺贝尔和平奖', '在峡湾的尽头'],
      forms: ['我很小，在峡湾和森林之间。', '我又冷又安静，有白色的歌剧院。'],
    },
  }),
];
