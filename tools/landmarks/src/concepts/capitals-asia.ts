import type { Concept } from '../concept.ts';
import { capital } from './country.ts';

/** Capitals of Asia. */
export const ASIAN_CAPITALS: readonly Concept[] = [
  capital('tokyo', 'Elle', {
    en: {
      names: ['Tokyo'],
      heads: ['the giant city', 'the city of neon lights'],
      tails: ['on the Sumida', 'with the Shibuya crossing', 'where the shops of Ginza shine'],
      facts: ['lies on the river Sumida', 'has bright neon streets', 'has very full trains'],
      forms: ['I am one of the biggest cities on Earth.', 'I am made of towers, trains and neon lights.'],
    },
    es: {
      names: ['Tokio'],
      heads: ['la ciudad gigante', 'la ciudad de las luces de neón'],
      tails: ['a orillas del Sumida', 'con el cruce de Shibuya', 'donde brillan las tiendas de Ginza'],
      facts: ['está a orillas del Sumida', 'tiene brillantes calles de neón', 'tiene trenes muy llenos'],
      forms: [
        'Soy una de las ciudades más grandes de la Tierra.',
        'Estoy hecha de torres, trenes y luces de neón.',
      ],
    },
    fr: {
      names: ['Tokyo'],
      heads: ['la ville géante', 'la ville aux néons'],
      tails: ['au bord de la Sumida', 'avec le carrefour de Shibuya', 'où brillent les magasins de Ginza'],
      facts: ['se trouve au bord de la Sumida', 'a de brillantes rues de néons', 'a des trains très pleins'],
      forms: [
        'Je suis une des plus grandes villes de la Terre.',
        'Je suis faite de tours, de trains et de néons.',
      ],
    },
    zh: {
      names: ['东京'],
      heads: ['巨大的城市', '霓虹灯之城'],
      tails: ['隅田川边的', '有涩谷路口的', '银座商店闪亮的'],
      facts: ['在隅田川边', '有明亮的霓虹街道', '有非常拥挤的电车'],
      forms: ['我是地球上最大的城市之一。', '我由高楼、电车和霓虹灯组成。'],
    },
  }),
  capital('beijing', 'Elle', {
    en: {
      names: ['Beijing'],
      heads: ['the old imperial city', 'the city of old lanes'],
      tails: [
        'that surrounds the Forbidden City',
        'where the Temple of Heaven stands',
        'where the Summer Palace is',
      ],
      facts: ['has the Forbidden City', 'eats crispy roast duck', 'hosted the Olympic Games in 2008'],
      forms: [
        'I have palaces with red walls and yellow roofs.',
        'I am old, with narrow lanes and wide avenues.',
      ],
    },
    es: {
      names: ['Pekín'],
      heads: ['la vieja ciudad imperial', 'la ciudad de los viejos callejones'],
      tails: [
        'que rodea la Ciudad Prohibida',
        'donde se alza el Templo del Cielo',
        'donde está el Palacio de Verano',
      ],
      facts: [
        'tiene la Ciudad Prohibida',
        'come pato asado crujiente',
        'acogió los Juegos Olímpicos en 2008',
      ],
      forms: [
        'Tengo palacios de muros rojos y tejados amarillos.',
        'Soy vieja, con callejones y anchas avenidas.',
      ],
    },
    fr: {
      names: ['Pékin'],
      heads: ['la vieille ville impériale', 'la ville des vieilles ruelles'],
      tails: [
        'qui entoure la Cité interdite',
        'où se dresse le temple du Ciel',
        "où se trouve le palais d'Été",
      ],
      facts: [
        'a la Cité interdite',
        'mange du canard rôti croustillant',
        'a accueilli les Jeux olympiques en 2008',
      ],
      forms: [
        "J'ai des palais aux murs rouges et aux toits jaunes.",
        'Je suis vieille, avec des ruelles et de larges avenues.',
      ],
    },
    zh: {
      names: ['北京'],
      heads: ['古老的皇城', '胡同之城'],
      tails: ['环绕故宫的', '天坛耸立的', '颐和园所在的'],
      facts: ['有故宫', '吃香脆的烤鸭', '在2008年举办过奥运会'],
      forms: ['我有红墙黄瓦的宫殿。', '我很古老，有小巷和宽阔的大道。'],
    },
  }),
  capital('delhi', 'Elle', {
    en: {
      names: ['New Delhi'],
      heads: ['the hot busy city', 'the city of wide avenues'],
      tails: ['that Lutyens planned', 'where the Lotus Temple blooms', 'with the tomb of Humayun'],
      facts: ['lies on the river Yamuna', 'has the Lotus Temple', 'gets very hot in summer'],
      forms: ['I have wide green avenues and red palaces.', 'I am hot, busy and full of colour.'],
    },
    es: {
      names: ['Nueva Delhi'],
      heads: ['la ciudad calurosa y animada', 'la ciudad de las anchas avenidas'],
      tails: ['que diseñó Lutyens', 'donde florece el Templo del Loto', 'con la tumba de Humayun'],
      facts: ['está a orillas del Yamuna', 'tiene el Templo del Loto', 'pasa mucho calor en verano'],
      forms: ['Tengo anchas avenidas verdes y palacios rojos.', 'Soy calurosa, animada y llena de color.'],
    },
    fr: {
      names: ['New Delhi'],
      heads: ['la ville chaude et animée', 'la ville aux larges avenues'],
      tails: ['que dessina Lutyens', 'où fleurit le temple du Lotus', 'avec le tombeau de Humayun'],
      facts: ['se trouve au bord de la Yamuna', 'a le temple du Lotus', 'a très chaud en été'],
      forms: [
        "J'ai de larges avenues vertes et des palais rouges.",
        'Je suis chaude, animée et pleine de couleurs.',
      ],
    },
    zh: {
      names: ['新德里'],
      heads: ['炎热热闹的城市', '大道宽阔的城市'],
      tails: ['勒琴斯设计的', '莲花庙盛开的', '有胡马雍陵的'],
      facts: ['在亚穆纳河边', '有莲花庙', '夏天非常热'],
      forms: ['我有宽阔的绿色大道和红色宫殿。', '我又热又热闹，充满色彩。'],
    },
  }),
];
