import type { Concept } from '../concept.ts';

/** Famous places high in the mountains. */
export const MOUNTAIN_PLACES: readonly Concept[] = [
  {
    id: 'machu-picchu',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Machu Picchu'],
        pronoun: 'It',
        heads: ['the lost Inca town', 'the old stone town', 'the Inca town in the clouds'],
        tails: [
          'that Hiram Bingham made famous',
          'built for the emperor Pachacuti',
          'on a green ridge above the Urubamba',
        ],
        facts: [
          'is near Cusco',
          'is in Peru',
          'is made of stone',
          'sits high in the Andes',
          'has green fields like giant steps',
        ],
        forms: ['I am a town of stone walls on a green ridge.', 'My fields go down the mountain like steps.'],
      },
      es: {
        names: ['Machu Picchu'],
        pronoun: '',
        heads: ['el pueblo inca perdido', 'el viejo pueblo de piedra', 'el pueblo inca entre las nubes'],
        tails: [
          'que Hiram Bingham hizo famoso',
          'construido para el emperador Pachacútec',
          'en una cresta verde sobre el Urubamba',
        ],
        facts: [
          'está cerca de Cusco',
          'está en Perú',
          'está hecho de piedra',
          'está en lo alto de los Andes',
          'tiene campos verdes como escalones gigantes',
        ],
        forms: [
          'Soy un pueblo de muros de piedra en una cresta verde.',
          'Mis campos bajan la montaña como escalones.',
        ],
      },
      fr: {
        names: ['le Machu Picchu'],
        pronoun: 'Il',
        heads: ['le village inca perdu', 'le vieux village de pierre', 'le village inca dans les nuages'],
        tails: [
          'que Hiram Bingham a rendu célèbre',
          "bâti pour l'empereur Pachacutec",
          "sur une crête verte au-dessus de l'Urubamba",
        ],
        facts: [
          'est près de Cuzco',
          'est au Pérou',
          'est fait de pierre',
          'se trouve haut dans les Andes',
          'a des champs verts en marches géantes',
        ],
        forms: [
          'Je suis un village aux murs de pierre sur une crête verte.',
          'Mes champs descendent la montagne comme des marches.',
        ],
      },
      zh: {
        names: ['马丘比丘'],
        pronoun: '它',
        heads: ['失落的印加小城', '古老的石头小城', '云中的印加小城'],
        tails: ['因海勒姆·宾厄姆而出名的', '为帕查库蒂皇帝建造的', '乌鲁班巴河上方绿色山脊上的'],
        facts: [
          '在库斯科附近',
          '在秘鲁',
          '是用石头做的',
          '坐落在高高的安第斯山上',
          '有像巨大台阶一样的绿色田地',
        ],
        forms: ['我是绿色山脊上的一座石墙小城。', '我的田地像台阶一样走下山。'],
      },
    },
  },
  {
    id: 'mount-fuji',
    kind: 'landmark',
    wording: {
      en: {
        names: ['Mount Fuji'],
        pronoun: 'It',
        heads: ['the snowy volcano', 'the tall volcano with a white top', 'the sleeping volcano'],
        tails: [
          'that is the highest in Japan',
          'that Hokusai painted so often',
          'that Tokyo sees on clear days',
        ],
        facts: [
          'rises near Tokyo',
          'is in Japan',
          'is made of rock and old lava',
          'is covered with snow in winter',
          'last erupted in 1707',
        ],
        forms: ['I am a wide cone with snow on top.', 'I am a volcano of rock, and I sleep.'],
      },
      es: {
        names: ['el monte Fuji'],
        pronoun: '',
        heads: ['el volcán nevado', 'el alto volcán de cima blanca', 'el volcán dormido'],
        tails: [
          'que es el más alto de Japón',
          'que Hokusai pintó tantas veces',
          'que Tokio ve en los días claros',
        ],
        facts: [
          'se alza cerca de Tokio',
          'está en Japón',
          'está hecho de roca y lava vieja',
          'se cubre de nieve en invierno',
          'tuvo su última erupción en 1707',
        ],
        forms: ['Soy un cono ancho con nieve en la cima.', 'Soy un volcán de roca y duermo.'],
      },
      fr: {
        names: ['le mont Fuji'],
        pronoun: 'Il',
        heads: ['le volcan enneigé', 'le haut volcan au sommet blanc', 'le volcan endormi'],
        tails: [
          'qui est le plus haut du Japon',
          'que Hokusai a peint si souvent',
          'que Tokyo voit par temps clair',
        ],
        facts: [
          "s'élève près de Tokyo",
          'est au Japon',
          'est fait de roche et de vieille lave',
          'se couvre de neige en hiver',
          'a connu sa dernière éruption en 1707',
        ],
        forms: [
          'Je suis un large cône avec de la neige au sommet.',
          'Je suis un volcan de roche et je dors.',
        ],
      },
      zh: {
        names: ['富士山'],
        pronoun: '它',
        heads: ['积雪的火山', '白顶的高大火山', '沉睡的火山'],
        tails: ['日本最高的', '葛饰北斋常画的', '晴天从东京能望见的'],
        facts: [
          '耸立在东京附近',
          '在日本',
          '是由岩石和古老的熔岩组成的',
          '冬天盖满白雪',
          '最后一次喷发是在1707年',
        ],
        forms: ['我是一个顶上有雪的宽大圆锥。', '我是一座岩石火山，我在睡觉。'],
      },
    },
  },
];
